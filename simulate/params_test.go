package simulate

import (
	"strings"
	"testing"
)

func TestEveryPresetIsValid(t *testing.T) {
	for _, name := range Presets() {
		p, err := name.Params()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := p.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSeedPresetHasTheDocumentedSizes(t *testing.T) {
	p, err := Seed.Params()
	if err != nil {
		t.Fatal(err)
	}
	if p.Interactions != 500_000 || p.Reels != 37_088 || p.Users != 6_022 {
		t.Errorf("got %d interactions, %d reels, %d users", p.Interactions, p.Reels, p.Users)
	}
}

func TestUnknownPresetNamesTheKnownOnes(t *testing.T) {
	_, err := Preset("huge").Params()
	const want = `preset "huge" is not known: use one of tiny, demo, seed`
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestValidateListsAllFaultsAtOnce(t *testing.T) {
	p, _ := Tiny.Params()
	p.Topics, p.Creators, p.TasteShare, p.SessionLength, p.AudioMissing, p.Interactions = 99, 0, 0.9, 0.5, -1, 10
	_, err := New(p, 1)
	if err == nil {
		t.Fatal("no error")
	}
	for _, fault := range []string{
		"topics: 99 is not within 2..24", "creators: 0 is not within 1..600", "their sum 1.1 is above 1",
		"session_length: 0.5 is not within 1..30", "audio_missing: -1 is not within 0..1", "interactions: 10 is too few for 80 users: give at least 400",
	} {
		if !strings.Contains(err.Error(), fault) {
			t.Errorf("%q does not say %q", err, fault)
		}
	}
}

func TestMoreInteractionsThanTheReelsAllowIsAFault(t *testing.T) {
	p, _ := Tiny.Params()
	p.Interactions = p.Users*p.mostEvents() + 1
	if err := p.Validate(); err == nil || !strings.Contains(err.Error(), "too many for 80 users") {
		t.Errorf("got %v", err)
	}
}
