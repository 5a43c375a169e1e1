package kernel

//go:generate go run ./internal/gen -family gemm -pkg kernel -out gemm_asm_amd64.s -stubs gemm_asm_amd64.go
//go:generate go run ./internal/gen -family vector -pkg kernel -out vector_asm_amd64.s -stubs vector_asm_amd64.go
//go:generate go run ./internal/gen -family layer -pkg kernel -out layer_asm_amd64.s -stubs layer_asm_amd64.go
//go:generate go run ./internal/gen -family code -pkg kernel -out code_asm_amd64.s -stubs code_asm_amd64.go
//go:generate go run ./internal/gen -family peak -pkg kernel -out peak_asm_amd64.s -stubs peak_asm_amd64.go
