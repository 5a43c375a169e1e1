package server

import (
	"cmp"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// latencyBuckets are upper bounds in seconds: answers take from half a
// millisecond on, and server.write_timeout is 30 s.
var latencyBuckets = []float64{0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30}

// metrics are what /metrics shows of one server.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec // by route and status
}

func newMetrics(running func() float64) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "http_request_duration_seconds", Help: "Time from the headers of a request to the end of its answer.", Buckets: latencyBuckets,
		}, []string{"route", "status"}),
	}
	m.registry.MustRegister(m.requests, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "http_requests_running", Help: "Requests being answered now."}, running))
	return m
}

func (m *metrics) handler() http.HandlerFunc {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}).ServeHTTP
}

// count notes a request that was answered. Its route is the pattern that took
// it, of which there are few whatever clients send: "/" took those that no
// other did.
func (m *metrics) count(r *http.Request, w *recorder, start time.Time) {
	status := strconv.Itoa(cmp.Or(w.status, http.StatusOK))
	m.requests.WithLabelValues(r.Pattern, status).Observe(time.Since(start).Seconds())
}
