package kernel

// codeLoops are the loops over numbers of fewer bits than float32.
type codeLoops struct{}

var portableCode = codeLoops{}
