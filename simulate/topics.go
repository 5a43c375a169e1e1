package simulate

import "strings"

// MaxTopics is how many topics have names.
const MaxTopics = 24

// topic is a category with the words that its captions are made of.
type topic struct {
	name     string
	words    []string
	duration float64 // median length of a reel, in seconds
}

func topicTable() []topic {
	rows := []struct {
		name     string
		duration float64
		words    string
	}{
		{"comedy", 16, "sketch punchline joke roommate awkward prank laugh parody family mood"},
		{"music", 22, "song guitar chorus cover beat piano vocals remix studio live"},
		{"cooking", 34, "recipe garlic oven dough sauce dinner crispy noodles spice dessert"},
		{"football", 18, "goal striker keeper match penalty derby pass training league fans"},
		{"pets", 14, "puppy kitten zoomies paws treats rescue nap fluffy vet cuddle"},
		{"dance", 15, "choreo steps freestyle duet spin stage rhythm crew tutorial groove"},
		{"beauty", 28, "makeup skincare lipstick glow brush foundation routine lashes nails blush"},
		{"fitness", 26, "workout squat reps plank stretch protein running core mobility gym"},
		{"travel", 30, "beach flight hostel sunset island train hidden market backpack view"},
		{"gaming", 24, "speedrun boss loot quest clutch lobby update build stream console"},
		{"fashion", 20, "outfit thrift denim sneakers styling jacket runway vintage fit wardrobe"},
		{"science", 38, "experiment planet atom lab physics volcano brain ocean cells gravity"},
		{"diy", 36, "wood paint drill shelf upcycle glue garage repair plan tools"},
		{"cars", 22, "engine turbo drift detailing garage classic electric exhaust wheels race"},
		{"education", 40, "lesson grammar history exam notes study vocabulary maths essay memory"},
		{"art", 27, "sketchbook watercolor portrait clay mural brushwork palette ink canvas shading"},
		{"nature", 24, "forest fox waterfall birds river meadow storm mushrooms mountain bees"},
		{"parenting", 25, "toddler bedtime lunchbox naps school crayons newborn tantrum playground chores"},
		{"technology", 32, "phone laptop keyboard app battery setup chip camera review shortcut"},
		{"finance", 35, "budget savings rent invoice stocks debt salary side-hustle tax frugal"},
		{"books", 30, "novel chapter shelf author fantasy plot thriller library annotated reread"},
		{"gardening", 29, "seeds tomato compost balcony pruning roses soil harvest greenhouse herbs"},
		{"basketball", 17, "dunk crossover hoop court rebound buzzer assist bench layup playoffs"},
		{"film", 33, "trailer scene director plot-twist cinema cast ending sequel soundtrack montage"},
	}
	topics := make([]topic, len(rows))
	for i, r := range rows {
		topics[i] = topic{name: r.name, duration: r.duration, words: strings.Fields(r.words)}
	}
	return topics
}

// fillers are caption words that say nothing of the topic.
func fillers() []string {
	return strings.Fields("today my new best how wait this first finally part tips day when try watch simple again real quick why")
}
