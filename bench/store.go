package bench

import (
	"context"
	"errors"
	"io/fs"
	"math/rand/v2"
	"path/filepath"
	"time"

	"github.com/reelrank/reelrank/live"
	"github.com/reelrank/reelrank/recommend"
	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/store/embedded"
)

// Filling is a store to fill with profiles.
type Filling struct {
	Dir     string
	Open    func(ctx context.Context) (*live.Service, error) // of Dir
	Reels   []reel.Reel                                      // that people have watched
	Users   int
	PerUser int // interactions of each
	Seed    uint64

	Progress func(step string, done, total int)
}

// Filled is what came of a Filling.
type Filled struct {
	Users          int            `json:"users"`
	PerUser        int            `json:"events_per_user"`
	Took           time.Duration  `json:"fill_ns"`
	BytesPerUser   float64        `json:"profile_bytes_per_user"` // on the disk, with the reels that they have seen
	LogPerUser     float64        `json:"log_bytes_per_user"`     // of the records that brought the profiles
	Parts          embedded.Usage `json:"parts_bytes"`
	Files          int64          `json:"files_bytes"` // of the whole directory
	Close          time.Duration  `json:"close_ns"`
	Reopen         time.Duration  `json:"reopen_ns"` // until it answers
	FirstAfter     time.Duration  `json:"first_answer_ns"`
	KnownAfterward int            `json:"users_after"` // that it knows then
}

// profilesTogether is how many profiles are brought in at once.
const profilesTogether = 1000

// Fill brings profiles into a store and restarts it.
func Fill(ctx context.Context, f Filling) (done Filled, err error) {
	if len(f.Reels) == 0 || f.Users < 1 || f.PerUser < 1 {
		return done, errors.New("bench: a filling needs reels, users, and interactions of each")
	}
	done.Users, done.PerUser = f.Users, f.PerUser
	s, err := f.Open(ctx)
	if err != nil {
		return done, err
	}
	start := time.Now()
	if err := f.fill(ctx, s); err != nil {
		return done, errors.Join(err, s.Close())
	}
	done.Took = time.Since(start)
	start = time.Now()
	if err := s.Close(); err != nil {
		return done, err
	}
	done.Close = time.Since(start)
	start = time.Now()
	if s, err = f.Open(ctx); err != nil {
		return done, err
	}
	done.Reopen = time.Since(start)
	defer func() { err = errors.Join(err, s.Close()) }()
	return done, f.look(ctx, s, &done)
}

// fill brings the profiles in.
func (f Filling) fill(ctx context.Context, s *live.Service) error {
	random := rand.New(rand.NewPCG(f.Seed, 2))
	order := random.Perm(f.Users) // people do not come by ascending id
	for n := 0; n < f.Users; {
		profiles := make([]*reel.Profile, min(profilesTogether, f.Users-n))
		for k := range profiles {
			profiles[k] = f.profile(reel.UserID(madeUpPeople+order[n+k]), random)
		}
		if err := s.PutProfiles(ctx, profiles); err != nil {
			return err
		}
		n += len(profiles)
		f.Progress("bringing profiles in", n, f.Users)
	}
	return nil
}

// profile is a person who watched some of the reels, in sittings of about ten.
func (f Filling) profile(user reel.UserID, random *rand.Rand) *reel.Profile {
	p := reel.NewProfile(user)
	at := int64(1_700_000_000) + random.Int64N(1<<24)
	place := []string{"BR", "IN", "US", "DE"}[random.IntN(4)]
	device := []string{"android", "ios"}[random.IntN(2)]
	session := random.Int64N(1 << 40)
	for n := range f.PerUser {
		one := &f.Reels[random.IntN(len(f.Reels))]
		if n%10 == 0 {
			at += 3600 * (1 + random.Int64N(48))
			session++
		}
		it := reel.Interaction{
			User: user, Reel: one.ID, Creator: one.Creator, Time: at, Duration: one.Duration,
			Watch: reel.WatchTime(float32(random.IntN(1001)) / 1000), Observed: reel.AllObserved,
			Context: reel.Context{Device: device, Place: place, Session: session, Position: n % 10},
		}
		if random.IntN(10) == 0 {
			it.Signals = reel.Liked
		}
		if random.IntN(50) == 0 {
			it.Signals |= reel.Followed
		}
		p.Apply(it)
		at += 5 + random.Int64N(60)
	}
	return p
}

// look measures what is on the disk, and asks for a slate.
func (f Filling) look(ctx context.Context, s *live.Service, done *Filled) (err error) {
	start := time.Now()
	slate, err := s.Recommend(ctx, recommend.Request{User: madeUpPeople, K: 10})
	if err == nil && !slate.KnownUser {
		err = errors.New("bench: a restarted store does not know its users")
	}
	if err != nil {
		return err
	}
	done.FirstAfter, done.KnownAfterward = time.Since(start), s.Facts().Users
	if done.Parts, err = s.Usage(); err != nil {
		return err
	}
	done.BytesPerUser = float64(done.Parts.Profiles+done.Parts.Seen) / float64(f.Users)
	done.LogPerUser = float64(done.Parts.Log+done.Parts.Index) / float64(f.Users)
	return filepath.WalkDir(f.Dir, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		file, err := entry.Info()
		if err == nil {
			done.Files += file.Size()
		}
		return err
	})
}
