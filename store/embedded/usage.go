package embedded

// Usage is what parts of a store take in its tables, in bytes. What is newer
// than the last flush is in none of them yet.
type Usage struct {
	Log       uint64 `json:"log"`       // records, without vectors
	Index     uint64 `json:"index"`     // which records are about whom
	Profiles  uint64 `json:"profiles"`  // without the reels seen
	Seen      uint64 `json:"seen"`      // which reels people have seen
	IDs       uint64 `json:"ids"`       // of events
	Catalogue uint64 `json:"catalogue"` // reels and creators, without vectors
	Vectors   uint64 `json:"vectors"`   // of reels, as the log brought them
}

// Usage measures the tables, up to a block where one part ends and another
// begins.
func (s *Store) Usage() (u Usage, err error) {
	if err := s.gate.enter(); err != nil {
		return u, err
	}
	defer s.gate.leave()
	for _, part := range []struct {
		into  *uint64
		kinds []byte
	}{
		{&u.Log, []byte{logKey}}, {&u.Index, []byte{indexKey}}, {&u.Profiles, []byte{profileKey}}, {&u.Seen, []byte{seenKey}},
		{&u.IDs, []byte{idKey}}, {&u.Catalogue, []byte{reelKey, workKey, creatorKey}}, {&u.Vectors, []byte{vectorsKey}},
	} {
		for _, kind := range part.kinds {
			over := all(kind)
			bytes, err := s.db.EstimateDiskUsage(over.start, over.end)
			if err != nil {
				return u, s.explain(err)
			}
			*part.into += bytes
		}
	}
	return u, nil
}
