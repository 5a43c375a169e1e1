package embedded

// Usage is what parts of a store take in its tables, in bytes. What is newer
// than the last flush is in none of them yet.
type Usage struct {
	Log       uint64 // records, and the vectors that they brought
	Index     uint64 // which records are about whom
	Profiles  uint64 // with the reels that people have seen
	IDs       uint64 // of events
	Catalogue uint64 // without vectors
}

// Usage measures the tables, roughly: a block that two parts share counts for
// both.
func (s *Store) Usage() (u Usage, err error) {
	if err := s.gate.enter(); err != nil {
		return u, err
	}
	defer s.gate.leave()
	for _, part := range []struct {
		into *uint64
		keys []byte
	}{
		{&u.Log, []byte{logKey, vectorsKey}}, {&u.Index, []byte{indexKey}}, {&u.Profiles, []byte{profileKey, seenKey}},
		{&u.IDs, []byte{idKey}}, {&u.Catalogue, []byte{reelKey, workKey, creatorKey}},
	} {
		for _, key := range part.keys {
			over := all(key)
			bytes, err := s.db.EstimateDiskUsage(over.start, over.end)
			if err != nil {
				return u, s.explain(err)
			}
			*part.into += bytes
		}
	}
	return u, nil
}
