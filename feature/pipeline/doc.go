// Package pipeline turns named columns of raw values into the numbers that a
// model reads: it checks them, fills what is missing, encodes categories and
// scales. Everything that it learns (means, vocabularies, ranges) is learned
// once by Fit, from training data only; a Pipeline is saved as JSON beside
// the weights and does the same at serving, for a table or for one row.
//
//	p, err := pipeline.Fit([]pipeline.Spec{
//		{Name: "duration", Kind: pipeline.Numeric, MaxMissing: 0.2, Missing: pipeline.Median, Scaling: pipeline.Robust},
//		{Name: "city", Kind: pipeline.Categorical, MaxMissing: 1, Missing: pipeline.Constant, FillLabel: "?", Encoding: pipeline.OneHot, Unseen: pipeline.UnseenUnknown},
//	}, training)
//	m, err := p.Transform(today) // m.Values is [rows, p.Width()], row-major
//
// The values agree with those of scikit-learn's SimpleImputer, OrdinalEncoder,
// OneHotEncoder, StandardScaler, MinMaxScaler and RobustScaler in that order;
// testdata/golden.py writes the numbers that the tests compare with.
//
// Invariant: a Pipeline does not change after Fit or UnmarshalJSON, so any
// number of goroutines may transform with it; its output holds no NaN and no
// infinity.
package pipeline
