package bench

import (
	"cmp"
	"runtime"

	"github.com/klauspost/cpuid/v2"

	"github.com/reelrank/reelrank/nn/kernel"
)

// Machine is what the speeds were measured on.
type Machine struct {
	CPU          string   `json:"cpu"`
	Architecture string   `json:"architecture"`  // as Go names it, e.g. "amd64"
	Cores        int      `json:"cores"`         // that this process may use, as the operating system counts them
	L1Bytes      int      `json:"l1_data_bytes"` // per core; -1 where the processor does not tell, as for the others
	L2Bytes      int      `json:"l2_bytes"`
	L3Bytes      int      `json:"l3_bytes"`
	Instructions []string `json:"instructions"` // of those that kernels are written for, what the processor has
	Go           string   `json:"go"`
	Threads      int      `json:"threads"` // GOMAXPROCS: what "all threads" means
	Kernels      []string `json:"kernels"` // the sets that can run, fastest first
}

// kernelFeatures are the instructions that kernels make use of.
var kernelFeatures = []cpuid.FeatureID{
	cpuid.SSE2, cpuid.POPCNT, cpuid.AVX2, cpuid.FMA3, cpuid.F16C, cpuid.AVXVNNI,
	cpuid.AVX512F, cpuid.AVX512BW, cpuid.AVX512DQ, cpuid.AVX512VL, cpuid.AVX512VNNI,
	cpuid.AVX512VBMI, cpuid.AVX512BITALG, cpuid.AVX512VPOPCNTDQ,
	cpuid.ASIMD, cpuid.ASIMDHP, cpuid.ASIMDDP,
}

func thisMachine() Machine {
	m := Machine{
		CPU:          cmp.Or(cpuid.CPU.BrandName, "unnamed"),
		Architecture: runtime.GOARCH, Cores: runtime.NumCPU(),
		L1Bytes: cpuid.CPU.Cache.L1D, L2Bytes: cpuid.CPU.Cache.L2, L3Bytes: cpuid.CPU.Cache.L3,
		Instructions: []string{},
		Go:           runtime.Version(), Threads: runtime.GOMAXPROCS(0), Kernels: kernel.Sets(),
	}
	for _, f := range kernelFeatures {
		if cpuid.CPU.Supports(f) {
			m.Instructions = append(m.Instructions, f.String())
		}
	}
	return m
}
