package config

import (
	"regexp"
	"strings"
)

// FileVariable names the configuration file when no flag does.
const FileVariable = EnvPrefix + "CONFIG"

// otherVariables carry the prefix and are not settings.
var otherVariables = map[string]bool{
	FileVariable:       true, // the configuration file
	"REELRANK_DATA":    true, // where tests find real data
	"REELRANK_KERNELS": true, // which kernels compute
}

// Kubernetes puts such variables into every pod beside a service whose name
// starts with "reelrank"; nobody wrote them, so they are no mistakes.
var (
	serviceLink = regexp.MustCompile(`^REELRANK_(\w+_)?(SERVICE_(HOST|PORT(_\w+)?)|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$`)
	servicePort = regexp.MustCompile(`^REELRANK_(\w+_)?PORT$`)
)

func isServiceLink(name, value string) bool {
	return serviceLink.MatchString(name) || servicePort.MatchString(name) && strings.Contains(value, "://")
}

// readEnvironment returns what "NAME=value" pairs assign; names without the
// prefix are ignored.
func readEnvironment(pairs []string, s schema) ([]assignment, []Fault) {
	keys := map[string]string{}
	for _, f := range s.fields {
		keys[f.Env()] = f.Key
	}
	var assignments []assignment
	var faults []Fault
	for _, pair := range pairs {
		name, value, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(name, EnvPrefix) || otherVariables[name] {
			continue
		}
		origin := Origin{Layer: FromEnvironment, Name: name}
		if key, known := keys[name]; known {
			assignments = append(assignments, assignment{key: key, texts: []string{value}, origin: origin})
		} else if !isServiceLink(name, value) {
			faults = append(faults, unknownVariable(s, name, value, origin))
		}
	}
	return assignments, faults
}

func unknownVariable(s schema, name, value string, origin Origin) Fault {
	reason := "no setting has this name"
	if near := s.suggestEnv(name); near != "" {
		reason += "; did you mean " + near + "?"
	}
	return Fault{Key: name, Value: value, Origin: origin, Reason: reason}
}

// variable is the value of one environment variable, the last one if repeated.
func variable(pairs []string, name string) string {
	found := ""
	for _, pair := range pairs {
		if n, value, ok := strings.Cut(pair, "="); ok && n == name {
			found = value
		}
	}
	return found
}
