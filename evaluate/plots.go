package evaluate

import (
	"fmt"
	"html/template"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// figure is one plot of the HTML report.
type figure struct {
	Title   string
	Caption string
	SVG     template.HTML
	Legend  []legendEntry
}

// legendEntry names a --series-N colour.
type legendEntry struct {
	Series int
	Label  string
}

// figures draws what the report has the data for.
func (r *Report) figures() ([]figure, error) {
	var figures []figure
	add := func(f figure, err error) error {
		if err == nil && f.SVG != "" {
			figures = append(figures, f)
		}
		return err
	}
	if t := r.Table; t != nil && len(t.Rows) > 0 {
		k := t.HeadlineK()
		for _, drawn := range []func() (figure, error){
			func() (figure, error) { return barFigure(t, MetricAt(MetricNDCG, k)) },
			func() (figure, error) {
				return curveFigure(t, "NDCG", func(p CurvePoint) float64 { return p.NDCG })
			},
			func() (figure, error) {
				return curveFigure(t, "Recall", func(p CurvePoint) float64 { return p.Recall })
			},
			func() (figure, error) { return lorenzFigure(t) },
		} {
			if err := add(drawn()); err != nil {
				return nil, err
			}
		}
	}
	return figures, add(reliabilityFigure(r.Heads))
}

// barFigure has one bar with its interval per recommender.
func barFigure(t *Table, metric string) (figure, error) {
	p := newPlot("", metric)
	n := len(t.Rows)
	height := max(plotHeight, barHeight*vg.Length(n)+axisHeight)
	thickness := 0.6 * (height - axisHeight) / vg.Length(n)
	names := make([]string, n)
	var bars errorBars
	for i, row := range t.Rows {
		e, at := row.Estimates[metric], n-1-i // the first row on top
		names[at] = row.Name
		if math.IsNaN(e.Value) {
			continue
		}
		values := make(plotter.Values, n)
		values[at] = e.Value
		bar, err := plotter.NewBarChart(values, thickness)
		if err != nil {
			return figure{}, fmt.Errorf("draw %s: %w", metric, err)
		}
		bar.Horizontal, bar.Color, bar.LineStyle.Width = true, seriesMarker(i), 0
		p.Add(bar)
		if e.HasInterval() {
			bars.add(e, float64(at))
		}
	}
	if len(bars.XYs) > 0 {
		whiskers, err := plotter.NewXErrorBars(bars)
		if err != nil {
			return figure{}, fmt.Errorf("draw %s: %w", metric, err)
		}
		whiskers.Color, whiskers.Width = inkMarker, 1.2
		p.Add(whiskers)
	}
	p.NominalY(names...)
	p.Y.Min, p.Y.Max = -0.6, float64(n)-0.4
	p.X.Min = 0
	svg, err := svg(p, height, metric+" of each recommender")
	return figure{
		Title: metric, SVG: svg,
		Caption: fmt.Sprintf("Mean over users; the lines are %g%% intervals.", 100*t.Confidence),
	}, err
}

// errorBars are points with the distances to both ends of their intervals.
type errorBars struct {
	plotter.XYs
	plotter.XErrors
}

func (b *errorBars) add(e Estimate, y float64) {
	b.XYs = append(b.XYs, plotter.XY{X: e.Value, Y: y})
	b.XErrors = append(b.XErrors, struct{ Low, High float64 }{e.Lo - e.Value, e.Hi - e.Value})
}

// curveFigure has one line over k per recommender.
func curveFigure(t *Table, name string, of func(CurvePoint) float64) (figure, error) {
	p := newPlot("k", name+"@k")
	f := figure{Title: name + " by list length", Caption: "Mean over users of the first k reels."}
	for i, row := range t.Rows {
		points := make(plotter.XYs, len(row.Curve))
		for at, c := range row.Curve {
			points[at] = plotter.XY{X: float64(c.K), Y: of(c)}
		}
		if err := addLine(p, points, seriesMarker(i)); err != nil {
			return figure{}, fmt.Errorf("draw %s of %s: %w", name, row.Name, err)
		}
		f.Legend = append(f.Legend, legendEntry{i % seriesColors, row.Name})
	}
	p.Y.Min = 0
	var err error
	f.SVG, err = svg(p, plotHeight, f.Title)
	return f, err
}

// lorenzFigure shows how unequally each recommender shares out exposure.
func lorenzFigure(t *Table) (figure, error) {
	p := newPlot("share of the catalogue, least shown first", "share of exposure")
	f := figure{
		Title:   fmt.Sprintf("Exposure of the first %d reels", t.HeadlineK()),
		Caption: "Lorenz curves; on the dashed diagonal every reel is shown equally often.",
	}
	for i, row := range t.Rows {
		if row.Lorenz == nil {
			continue
		}
		points := make(plotter.XYs, len(row.Lorenz))
		for at, y := range row.Lorenz {
			points[at] = plotter.XY{X: float64(at) / float64(len(row.Lorenz)-1), Y: y}
		}
		if err := addLine(p, points, seriesMarker(i)); err != nil {
			return figure{}, fmt.Errorf("draw the exposure of %s: %w", row.Name, err)
		}
		f.Legend = append(f.Legend, legendEntry{i % seriesColors, row.Name})
	}
	return f.overDiagonal(p)
}

// overDiagonal draws the plot with its diagonal; without a line in it there is
// no figure.
func (f figure) overDiagonal(p *plot.Plot) (figure, error) {
	if len(f.Legend) == 0 {
		return figure{}, nil
	}
	if err := addDiagonal(p); err != nil {
		return figure{}, err
	}
	var err error
	f.SVG, err = svg(p, plotHeight, f.Title)
	return f, err
}

// reliabilityFigure compares each head's predictions with what happened.
func reliabilityFigure(heads []HeadRow) (figure, error) {
	p := newPlot("mean prediction", "mean outcome")
	f := figure{
		Title:   "Calibration of the heads",
		Caption: fmt.Sprintf("%d bins of equal width; on the dashed diagonal the predictions are right on average.", ReliabilityBins),
	}
	for i, head := range heads {
		var points plotter.XYs
		for _, bin := range head.Reliability {
			if bin.Rows > 0 {
				points = append(points, plotter.XY{X: bin.Predicted, Y: bin.Actual})
			}
		}
		if len(points) == 0 {
			continue
		}
		if err := addLine(p, points, seriesMarker(i)); err != nil {
			return figure{}, fmt.Errorf("draw the calibration of %s: %w", head.Head, err)
		}
		dots, err := plotter.NewScatter(points)
		if err != nil {
			return figure{}, fmt.Errorf("draw the calibration of %s: %w", head.Head, err)
		}
		dots.GlyphStyle = draw.GlyphStyle{Color: seriesMarker(i), Radius: 2.5, Shape: draw.CircleGlyph{}}
		p.Add(dots)
		f.Legend = append(f.Legend, legendEntry{i % seriesColors, head.Head})
	}
	return f.overDiagonal(p)
}
