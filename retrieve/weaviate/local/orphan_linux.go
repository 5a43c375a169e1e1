package local

import (
	"os/exec"
	"syscall"
)

// endWithParent keeps a server from outliving a test that is killed or runs
// into its time limit, and so never calls Stop.
func endWithParent(server *exec.Cmd) {
	server.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
