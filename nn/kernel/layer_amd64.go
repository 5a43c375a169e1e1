package kernel

// The loops of layer_loops.go in assembly.
var (
	avx512Layer = layerLoops{
		gruStep: gruStepAVX512, gruStepBackward: gruStepBackwardAVX512,
		columnMoments: columnMomentsAVX512, columnProducts: columnProductsAVX512, addColumnSums: addColumnSumsAVX512,
		normalizeColumns: normalizeColumnsAVX512, normalizeColumnsBackward: normalizeColumnsBackwardAVX512, affineColumns: affineColumnsAVX512,
		relu: reluAVX512, reluBackward: reluBackwardAVX512, reluDropout: reluDropoutAVX512,
		maximum: maximumAVX512, expSum: expSumAVX512,
	}
	avx2Layer = layerLoops{
		gruStep: gruStepAVX2, gruStepBackward: gruStepBackwardAVX2,
		columnMoments: columnMomentsAVX2, columnProducts: columnProductsAVX2, addColumnSums: addColumnSumsAVX2,
		normalizeColumns: normalizeColumnsAVX2, normalizeColumnsBackward: normalizeColumnsBackwardAVX2, affineColumns: affineColumnsAVX2,
		relu: reluAVX2, reluBackward: reluBackwardAVX2, reluDropout: reluDropoutAVX2,
		maximum: maximumAVX2, expSum: expSumAVX2,
	}
)
