package evaluate

import (
	"bytes"
	"fmt"
	"html"
	"html/template"
	"image/color"
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

const seriesColors = 10

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
