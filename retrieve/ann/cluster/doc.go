// Package cluster groups vectors around centroids, in two levels: groups of
// neighbouring lists. A vector is compared with all groups and with the lists
// of a few, so that ten thousand lists cost what a thousand would.
//
//	tree := cluster.Train(sample, cluster.Shape{Width: 256, Lists: 8192}, seed)
//	tree.Assign(lists, vectors)
//
// Distances are Euclidean. Invariant: the result follows from the vectors, the
// shape and the seed; the number of threads does not change it.
package cluster
