package feature

import (
	"fmt"
	"math"
	"strings"

	"github.com/reelrank/reelrank/feature/pipeline"
	"github.com/reelrank/reelrank/reel"
)

// Encoder writes the vectors of reels by what it learned from a training
// catalogue. It does not change after Fit or UnmarshalJSON: any number of
// goroutines may use it.
type Encoder struct {
	pipeline     *pipeline.Pipeline
	creatorReels map[reel.CreatorID]int // creators with at least two reels at fit
	labelSlots   [len(labelBlocks)][]int
}

// Columns of the pipeline, in order: the numeric ones and then the label blocks.
const (
	colLogDuration = iota
	colLogCaption
	colLogHashtags
	colLogCreatorReels
	colLabels
	numColumns = colLabels + len(labelBlocks)
)

// encoderSpecs are the fitted columns. Every value may be missing: catalogues
// without durations or languages are common.
func encoderSpecs() []pipeline.Spec {
	specs := make([]pipeline.Spec, 0, numColumns)
	for _, slot := range []int{metaLogDuration, metaLogCaption, metaLogHashtags, metaLogCreatorReels} {
		specs = append(specs, pipeline.Spec{
			Name: MetaSlots[slot].Name, Kind: pipeline.Numeric, MaxMissing: 1,
			Missing: pipeline.Median, Scaling: pipeline.Standard,
		})
	}
	for _, b := range labelBlocks {
		specs = append(specs, pipeline.Spec{
			Name: b.column, Kind: pipeline.Categorical, MaxMissing: 1,
			Missing: pipeline.Constant, FillLabel: unknownLabel,
			Encoding: pipeline.Ordinal, Unseen: pipeline.UnseenUnknown, MaxCategories: b.fitted,
			Scaling: pipeline.Unscaled,
		})
	}
	return specs
}

// Fit learns scales and vocabularies from the reels of the training catalogue.
func Fit(reels []reel.Reel) (*Encoder, error) {
	if len(reels) == 0 {
		return nil, fmt.Errorf("feature: fit the reel encoder: the catalogue is empty")
	}
	e := &Encoder{creatorReels: countCreators(reels)}
	specs := encoderSpecs()
	table := make(pipeline.Table, numColumns)
	for i, s := range specs {
		table[i] = pipeline.Column{Name: s.Name, Kind: s.Kind}
	}
	var cells [numColumns]pipeline.Cell
	for i := range reels {
		e.cells(&cells, &reels[i])
		for j := range table {
			if table[j].Kind == pipeline.Numeric {
				table[j].Numbers = append(table[j].Numbers, cells[j].Number)
			} else {
				table[j].Labels = append(table[j].Labels, cells[j].Label)
			}
		}
	}
	var err error
	if e.pipeline, err = pipeline.Fit(specs, table); err != nil {
		return nil, fmt.Errorf("feature: fit the reel encoder: %w", err)
	}
	e.index()
	return e, nil
}

func countCreators(reels []reel.Reel) map[reel.CreatorID]int {
	count := make(map[reel.CreatorID]int)
	for i := range reels {
		count[reels[i].Creator]++
	}
	for id, n := range count {
		if n < 2 {
			delete(count, id) // 1 is the default of an unknown creator too
		}
	}
	return count
}

// index derives what is not saved.
func (e *Encoder) index() {
	for i, b := range labelBlocks {
		e.labelSlots[i] = b.slots(e.pipeline.Labels(b.column))
	}
}

// cells are the inputs of the pipeline.
func (e *Encoder) cells(dst *[numColumns]pipeline.Cell, r *reel.Reel) {
	dst[colLogDuration].Number = logDuration(r.Duration)
	dst[colLogCaption].Number = log1p(float64(len(r.Caption)))
	dst[colLogHashtags].Number = log1p(float64(strings.Count(r.Caption, "#")))
	dst[colLogCreatorReels].Number = log1p(float64(max(e.creatorReels[r.Creator], 1)))
	for i, label := range [...]string{r.Category, r.Language, r.Region} {
		dst[colLabels+i].Label = label
	}
}

// Vector writes the vector of a reel into dst, [ReelDim]. Each content vector
// is scaled to a root mean square of 1 (length sqrt(dim)), so that all
// modalities and the metadata weigh alike; a missing one is zeros, with its bit
// of the metadata 0. The event slots are zero.
func (e *Encoder) Vector(dst []float32, r *reel.Reel) {
	dst = dst[:ReelDim]
	meta := dst[MetaAt:]
	clear(meta)
	meta[metaVideo] = flag(writeContent(dst[VideoAt:AudioAt], r.Video))
	meta[metaAudio] = flag(writeContent(dst[AudioAt:TextAt], r.Audio))
	meta[metaText] = flag(writeContent(dst[TextAt:MetaAt], r.Text))
	e.writeFitted(meta, r)
	writeDuration(meta, r.Duration)
	writeUpload(meta, r.Uploaded)
}

// writeContent scales src to length sqrt(len(dst)) and tells whether there was
// anything to scale: a vector of zeros, of another width or with a number that
// is not finite counts as missing.
func writeContent(dst, src []float32) bool {
	clear(dst)
	if len(src) != len(dst) {
		return false
	}
	var squares float64
	for _, v := range src {
		squares += float64(v) * float64(v)
	}
	if !(squares > 0) || math.IsInf(squares, 0) {
		return false
	}
	scale := math.Sqrt(float64(len(dst)) / squares)
	for i, v := range src {
		dst[i] = clip(float64(v)*scale, MaxValue)
	}
	return true
}

// writeFitted writes what went through the pipeline.
func (e *Encoder) writeFitted(meta []float32, r *reel.Reel) {
	var cells [numColumns]pipeline.Cell
	var values [numColumns]float64
	e.cells(&cells, r)
	if err := e.pipeline.TransformRow(values[:], cells[:]); err != nil {
		// Unreachable for a reel that passes Validate: every column accepts
		// missing and unseen values. Zeros are the mean of scaled columns.
		values = [numColumns]float64{}
	}
	meta[metaLogDuration] = clip(values[colLogDuration], MaxValue)
	meta[metaLogCaption] = clip(values[colLogCaption], MaxValue)
	meta[metaLogHashtags] = clip(values[colLogHashtags], MaxValue)
	meta[metaLogCreatorReels] = clip(values[colLogCreatorReels], MaxValue)
	for i, b := range labelBlocks {
		meta[b.slot(cells[colLabels+i].Label, int(values[colLabels+i]), e.labelSlots[i])] = 1
	}
}

func writeDuration(meta []float32, seconds float32) {
	if !(seconds > 0) {
		return
	}
	meta[metaDurationKnown] = 1
	i := 0
	for i < len(durationEdges) && seconds > durationEdges[i] {
		i++
	}
	meta[metaDuration+i] = 1
}

func writeUpload(meta []float32, unix int64) {
	if unix <= 0 {
		return
	}
	meta[metaUploadKnown] = 1
	meta[metaUploadHourSin], meta[metaUploadHourCos] = turn(unix%secondsPerDay, secondsPerDay)
	meta[metaUploadWeekSin], meta[metaUploadWeekCos] = turn(secondOfWeek(unix), secondsPerWeek)
	meta[metaUploadWeekend] = flag(isWeekend(unix))
}
