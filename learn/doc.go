// Package learn lets a server go on learning: from the log of its store to a
// new model, past a judge, into service, and back where that was a mistake.
//
//	models, err := learn.OpenRegistry(learn.Folder(dir), 5)
//	version, err := models.Adopt("bundle", "first start")
//	service, err := live.Open(ctx, live.Options{Dir: dir, Bundle: models.Bundle(version)})
//	loop := learn.New(learn.Options{Service: service, Registry: models, Serving: version, Config: cfg.Learn})
//	loop.Run(ctx)
//
// [Dataset] is the log as training needs it. A [Registry] keeps the models, one
// of which is current. A [Loop] trains on what is new, promotes what is not
// worse beyond noise, keeps the service on the current model, whoever promoted
// it, and rolls back where requests fare worse for it.
//
// Invariant: the current version of a registry is a complete bundle, whenever a
// process is killed; and no model is judged by interactions that it, or the one
// that it is compared with, has learned from.
package learn
