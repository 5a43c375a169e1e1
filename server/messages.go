package server

import (
	"github.com/danielgtaylor/huma/v2"

	"github.com/reelrank/reelrank/reel"
)

// id is a user, reel or session in a request: a number, or a string of digits
// for clients whose numbers lose digits above 2^53.
type id int64

// UnmarshalJSON accepts a number or a string of digits.
func (v *id) UnmarshalJSON(b []byte) error { return (*reel.ReelID)(v).UnmarshalJSON(b) }

// Schema is one of a natural number and a string of digits.
func (id) Schema(huma.Registry) *huma.Schema {
	zero, digits := 0.0, 19
	return &huma.Schema{OneOf: []*huma.Schema{
		{Type: huma.TypeInteger, Format: "int64", Minimum: &zero},
		{Type: huma.TypeString, Pattern: "^[0-9]+$", MaxLength: &digits},
	}, Examples: []any{123, "9007199254740993"}}
}

// RecommendRequest asks for one slate.
type RecommendRequest struct {
	UserID        id       `json:"user_id" doc:"who the slate is for; an unknown user gets one from context and trends"`
	TopK          int      `json:"top_k,omitempty" minimum:"1" doc:"length of the slate"`
	Weights       *Weights `json:"weights,omitempty" doc:"blend of the heads for this request, instead of the configured one"`
	MaxPerCreator int      `json:"max_per_creator,omitempty" minimum:"1" maximum:"10000" doc:"most reels of one creator, instead of the configured limit"`
	Context       *Context `json:"context,omitempty" doc:"what is known of the moment"`
	Filter        *Filter  `json:"filter,omitempty" doc:"which reels the slate is made of; the slate is short where few pass"`
	Exclude       []id     `json:"exclude,omitempty" maxItems:"1000" nullable:"false" doc:"reels not to show, besides those already seen"`
	Explain       bool     `json:"explain,omitempty" doc:"adds items and stages to the answer: what was predicted, what moved each reel, and why it is there"`
}

// label is a language, region or category in a request.
type label string

// Schema is a text that is not empty.
func (label) Schema(huma.Registry) *huma.Schema {
	least, most := 1, 128
	return &huma.Schema{Type: huma.TypeString, MinLength: &least, MaxLength: &most}
}

// Filter says which reels a slate is made of. What it asks for and the
// catalogue does not know of a reel counts against the reel.
type Filter struct {
	Languages         []label `json:"languages,omitempty" maxItems:"100" nullable:"false" example:"[\"pt\",\"es\"]" doc:"only reels in any of these languages"`
	Regions           []label `json:"regions,omitempty" maxItems:"100" nullable:"false" example:"[\"BR\"]" doc:"only reels made in any of these regions"`
	Categories        []label `json:"categories,omitempty" maxItems:"100" nullable:"false" example:"[\"cooking\"]" doc:"only reels of any of these categories"`
	ExcludeCategories []label `json:"exclude_categories,omitempty" maxItems:"100" nullable:"false" example:"[\"politics\"]" doc:"no reels of these categories, and none of unknown category"`
	ViewerAge         int     `json:"viewer_age,omitempty" minimum:"1" maximum:"150" example:"16" doc:"years; no reels rated for older viewers"`
	BlockedCreators   []id    `json:"blocked_creators,omitempty" maxItems:"100" nullable:"false" doc:"no reels of these creators"`
}

// PredictRequest asks what one user would do with one reel.
type PredictRequest struct {
	UserID  id       `json:"user_id" doc:"who would see the reel"`
	ItemID  id       `json:"item_id" doc:"the reel"`
	Weights *Weights `json:"weights,omitempty" doc:"blend of the heads for this request, instead of the configured one"`
	Context *Context `json:"context,omitempty" doc:"what is known of the moment"`
}

// Weights blend the heads into the score; a head that is left out weighs 0.
type Weights struct {
	WatchTime float32 `json:"watch_time,omitempty" minimum:"0" maximum:"1000" doc:"weight of the predicted watch time"`
	Like      float32 `json:"like,omitempty" minimum:"0" maximum:"1000" doc:"weight of the predicted like"`
	Share     float32 `json:"share,omitempty" minimum:"0" maximum:"1000" doc:"weight of the predicted share"`
	Follow    float32 `json:"follow,omitempty" minimum:"0" maximum:"1000" doc:"weight of the predicted follow"`
}

// Context is what is known of the moment of a request.
type Context struct {
	Device  string `json:"device,omitempty" maxLength:"64" example:"android" doc:"kind of device"`
	Place   string `json:"place,omitempty" maxLength:"64" example:"BR" doc:"country, region or city, as coarse as the deployment wishes"`
	Session id     `json:"session,omitempty" doc:"groups one sitting of a user"`
}

// RecommendResponse is a slate, best reel first.
type RecommendResponse struct {
	UserID          int64     `json:"user_id" format:"int64"`
	Recommendations []int64   `json:"recommendations" nullable:"false" doc:"reels, best first; fewer than top_k where no more are eligible"`
	Scores          []float32 `json:"scores" nullable:"false" doc:"the score of each reel, in the same order"`
	LatencyMS       float64   `json:"latency_ms" doc:"milliseconds spent on this answer"`
	ModelVersion    string    `json:"model_version"`
	KnownUser       bool      `json:"known_user" doc:"false: the slate is from context and trends alone"`
	SlateID         string    `json:"slate_id,omitempty" doc:"names this answer in events; absent where the server has no store"`
	Relaxed         []string  `json:"relaxed,omitempty" nullable:"false" doc:"constraints that were given up to fill the slate"`
	Items           []Item    `json:"items,omitempty" nullable:"false" doc:"with explain: each reel of the slate in full"`
	Stages          []Stage   `json:"stages,omitempty" nullable:"false" doc:"with explain: what each stage did"`
}

// Item is one reel of a slate in full.
type Item struct {
	ReelID      int64    `json:"reel_id" format:"int64"`
	CreatorID   int64    `json:"creator_id" format:"int64"`
	Category    string   `json:"category"`
	Score       float32  `json:"score" doc:"final score, by which the slate is ordered"`
	Predictions Heads    `json:"predictions"`
	Sources     []string `json:"sources" nullable:"false" doc:"sources of retrieval that found it"`
	Steps       []string `json:"steps" nullable:"false" doc:"what re-ranking did to it"`
	Reasons     []string `json:"reasons" nullable:"false" doc:"why it is here, for a person"`
}

// Heads are the four predictions.
type Heads struct {
	WatchTime float32 `json:"watch_time" doc:"expected share of the reel that is watched, 0..1"`
	Like      float32 `json:"like" doc:"probability of a like"`
	Share     float32 `json:"share" doc:"probability of a share"`
	Follow    float32 `json:"follow" doc:"probability of a follow"`
}

// Stage is what one component of the pipeline did.
type Stage struct {
	Stage     string  `json:"stage" example:"retrieve/similar"`
	Count     int     `json:"count" doc:"candidates that it handed on"`
	LatencyMS float64 `json:"latency_ms" doc:"milliseconds that it took"`
}

// PredictResponse is what the ranker expects of one user and one reel.
type PredictResponse struct {
	UserID int64 `json:"user_id" format:"int64"`
	ItemID int64 `json:"item_id" format:"int64"`
	Heads
	Score        float32 `json:"score" doc:"the heads, blended by the weights"`
	LatencyMS    float64 `json:"latency_ms" doc:"milliseconds spent on this answer"`
	ModelVersion string  `json:"model_version"`
}

// EventsResponse says what became of the events of a request.
type EventsResponse struct {
	Accepted   int         `json:"accepted" doc:"events that are durable now"`
	Duplicates int         `json:"duplicates" doc:"events that were known from before, by their event_id"`
	Rejected   []Rejection `json:"rejected" nullable:"false" doc:"events that were refused, in the order of the request"`
}

// ReelsResponse says what became of the reels of a request.
type ReelsResponse struct {
	Accepted int         `json:"accepted" doc:"reels that the catalogue holds now"`
	Rejected []Rejection `json:"rejected" nullable:"false" doc:"reels that were refused, in the order of the request"`
}

// ReelName is the reel that was put.
type ReelName struct {
	ReelID int64 `json:"reel_id" format:"int64"`
}

// Reel is what the catalogue knows of a reel; what it does not know is left out.
type Reel struct {
	ReelID    int64     `json:"reel_id" format:"int64"`
	CreatorID int64     `json:"creator_id" format:"int64"`
	Category  string    `json:"category,omitempty"`
	Language  string    `json:"language,omitempty" doc:"BCP 47 tag"`
	Region    string    `json:"region,omitempty" doc:"where it was made"`
	Caption   string    `json:"caption,omitempty"`
	Duration  float32   `json:"duration,omitempty" doc:"seconds"`
	Uploaded  int64     `json:"uploaded,omitempty" doc:"unix seconds"`
	AgeRating int       `json:"age_rating" doc:"how many years old a viewer has to be; 0 is for everybody"`
	Video     []float32 `json:"video,omitempty" nullable:"false" doc:"content vector of the pictures"`
	Audio     []float32 `json:"audio,omitempty" nullable:"false" doc:"content vector of the sound"`
	Text      []float32 `json:"text,omitempty" nullable:"false" doc:"content vector of the words"`
}

// CreatorName is the creator that was put.
type CreatorName struct {
	CreatorID int64 `json:"creator_id" format:"int64"`
}

// Creator is what the catalogue knows of a creator; what it does not know is
// left out.
type Creator struct {
	CreatorID int64  `json:"creator_id" format:"int64"`
	Name      string `json:"name,omitempty"`
	Language  string `json:"language,omitempty" doc:"BCP 47 tag"`
	Region    string `json:"region,omitempty" doc:"where they are"`
	Joined    int64  `json:"joined,omitempty" doc:"unix seconds"`
}

// CreatorDeleted says what went with a creator.
type CreatorDeleted struct {
	CreatorID int64 `json:"creator_id" format:"int64"`
	Reels     int   `json:"reels" doc:"their reels, which the catalogue held until now"`
}

// Rejection is an element of a list that was refused, while the others went on.
type Rejection struct {
	Index  int    `json:"index" doc:"its place in the list, from 0"`
	Field  string `json:"field" doc:"the field that is wrong; empty: the element as a whole"`
	Reason string `json:"reason" doc:"what is wrong with it"`
}

// Health tells a process that runs from one that can answer.
type Health struct {
	Status string `json:"status" enum:"starting,ready,stopping"`
	Live   bool   `json:"live" doc:"the process runs"`
	Ready  bool   `json:"ready" doc:"a bundle is loaded and no shutdown has begun"`
}

// Info describes the loaded model.
type Info struct {
	ModelVersion string             `json:"model_version"`
	Preset       string             `json:"preset"`
	Parameters   int                `json:"parameters"`
	Reels        int                `json:"reels" doc:"reels in the catalogue"`
	Users        int                `json:"users" doc:"users with a profile"`
	TrainedOn    int                `json:"trained_on" doc:"interactions in the training data"`
	DataFrom     int64              `json:"data_from" doc:"unix seconds of the oldest interaction"`
	DataTo       int64              `json:"data_to" doc:"unix seconds of the newest interaction"`
	Metrics      map[string]float64 `json:"metrics" doc:"of the last evaluation, by name"`
	Sources      []SourceInfo       `json:"sources" nullable:"false" doc:"of retrieval, with their counts since the model was loaded"`
}

// SourceInfo says how a source of retrieval fares.
type SourceInfo struct {
	Source     string `json:"source" example:"similar"`
	Quota      int    `json:"quota" doc:"its share of the candidates"`
	Requests   int64  `json:"requests" doc:"requests that asked it"`
	Failed     int64  `json:"failed" doc:"requests answered without it, because it failed"`
	OverBudget int64  `json:"over_budget" doc:"requests answered without it, because it took too long"`
}
