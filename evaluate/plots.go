package evaluate

import (
	"bytes"
	"fmt"
	"html"
	"html/template"
	"image/color"
	"math"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Plots are drawn in marker colours, which svg replaces with the page's own,
// so that they follow its light and dark dress. seriesColors is the number of
// --series-N colours of the style sheet; more series than that repeat them.
var (
	inkMarker  = color.NRGBA{1, 1, 1, 255}
	gridMarker = color.NRGBA{2, 2, 2, 255}
)

const seriesColors = 8

func seriesMarker(i int) color.NRGBA { return color.NRGBA{3, 3, uint8(i % seriesColors), 255} }

const (
	plotWidth  = 420 * vg.Length(1) // points
	plotHeight = 270 * vg.Length(1)
	barHeight  = 22 * vg.Length(1) // least room for a bar
	axisHeight = 50 * vg.Length(1)
	plotMargin = 10 * vg.Length(1) // right and top, where the last tick's label hangs over
)

// The plot library places text by its own font's widths; the reader's font may
// be wider, so text is placed for one size and shown in a smaller one.
const (
	placedFontSize = 12
	shownFontSize  = 10.4
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

// newPlot returns an empty plot in the page's dress.
func newPlot(x, y string) *plot.Plot {
	p := plot.New()
	p.BackgroundColor = nil
	p.X.Label.Text, p.Y.Label.Text = x, y
	if x == "" { // a bar plot: its measure is horizontal
		p.X.Label.Text, p.Y.Label.Text = y, ""
	}
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.LineStyle.Color, axis.Tick.LineStyle.Color = inkMarker, inkMarker
		for _, style := range []*text.Style{&axis.Label.TextStyle, &axis.Tick.Label} {
			style.Color = inkMarker
			style.Font = font.Font{Typeface: "Liberation", Variant: "Sans", Size: placedFontSize}
		}
	}
	grid := plotter.NewGrid()
	for _, line := range []*draw.LineStyle{&grid.Vertical, &grid.Horizontal} {
		line.Color, line.Width = gridMarker, 0.7
	}
	p.Add(grid)
	return p
}

func addLine(p *plot.Plot, points plotter.XYs, c color.Color) error {
	line, err := plotter.NewLine(points)
	if err != nil {
		return err
	}
	line.Color, line.Width = c, 1.8
	p.Add(line)
	return nil
}

// addDiagonal draws the dashed line of equality over 0..1.
func addDiagonal(p *plot.Plot) error {
	line, err := plotter.NewLine(plotter.XYs{{X: 0, Y: 0}, {X: 1, Y: 1}})
	if err != nil {
		return err
	}
	line.Color, line.Dashes = inkMarker, []vg.Length{4, 3}
	p.Add(line)
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, 1, 0, 1
	return nil
}

// svg renders a plot as an element to inline in HTML, as wide as its place.
func svg(p *plot.Plot, height vg.Length, label string) (template.HTML, error) {
	canvas := vgsvg.New(plotWidth, height)
	p.Draw(draw.Crop(draw.New(canvas), 0, -plotMargin, 0, -plotMargin))
	var b bytes.Buffer
	if _, err := canvas.WriteTo(&b); err != nil {
		return "", fmt.Errorf("draw %s: %w", label, err)
	}
	// The drawing starts at the first group; before it stands the prologue of
	// a file of its own.
	drawing := b.String()[strings.Index(b.String(), "<g "):]
	swap := []string{
		"font-family:Liberation Sans;", "",
		fmt.Sprintf("font-size:%dpx", placedFontSize), fmt.Sprintf("font-size:%gpx", shownFontSize),
		hex(inkMarker), "currentColor", hex(gridMarker), "var(--grid)",
	}
	for i := range seriesColors {
		swap = append(swap, hex(seriesMarker(i)), fmt.Sprintf("var(--series-%d)", i))
	}
	return template.HTML(fmt.Sprintf(`<svg viewBox="0 0 %g %g" role="img" aria-label="%s">`,
		plotWidth.Points(), height.Points(), html.EscapeString(label)) + "\n" +
		strings.NewReplacer(swap...).Replace(drawing)), nil
}

func hex(c color.NRGBA) string { return fmt.Sprintf("#%02X%02X%02X", c.R, c.G, c.B) }
