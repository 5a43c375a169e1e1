# Every target only calls go; .ci/run is what has to pass.
.PHONY: build test race lint demo bench generate

build: ## the binary, ./reelrank
	go build -o reelrank ./cmd/reelrank

test: ## what the README names
	go test ./...

race: ## the packages with concurrency
	go test -race -short ./server/... ./recommend/... ./retrieve/... ./rank/... ./catalog/... ./evaluate/... ./train/... ./model ./bench ./nn/kernel/... ./store ./store/storetest ./live ./learn

lint:
	go vet ./...
	go tool staticcheck ./...

demo: ## the whole job, then serves on 127.0.0.1:8000
	go run ./cmd/reelrank demo

bench: ## kernels, training and scoring on this machine; takes minutes
	go run ./cmd/reelrank bench compute

generate: ## assembly, tables and golden files that are made from the code
	go generate ./...
