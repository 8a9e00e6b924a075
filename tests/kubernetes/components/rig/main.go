// What the tests need beside the components that are built as they are: a kubelet that touches nothing of its
// machine, a key service, a way from the API server to loopback, and the defaults of components in one print.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"k8s.io/component-base/cli"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
)

const usage = `usage:
  rig kubelet CONFIG KUBECONFIG FOLDER NODE  a kubelet with this configuration file
  rig kubelet-command [FLAG]...              the kubelet's own command line, as it is
  rig kms SOCKET STATE                       a key service, told by the file STATE how it is
  rig tunnel SOCKET                          a proxy to the ports of loopback
  rig defaults                               what components run with unless told otherwise, as JSON`

func main() {
	if len(os.Args) > 1 && os.Args[1] == "kubelet-command" {
		os.Args = append([]string{"kubelet"}, os.Args[2:]...)
		os.Exit(cli.Run(kubelet.NewKubeletCommand(context.Background())))
	}
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(arguments []string) error {
	name, rest := "", arguments
	if len(arguments) > 0 {
		name, rest = arguments[0], arguments[1:]
	}
	switch {
	case name == "kubelet" && len(rest) == 4:
		return runKubelet(context.Background(), rest[0], rest[1], rest[2], rest[3])
	case name == "kms" && len(rest) == 2:
		return serveKeys(rest[0], rest[1])
	case name == "tunnel" && len(rest) == 1:
		return serveTunnel(rest[0])
	case name == "defaults" && len(rest) == 0:
		return printDefaults(os.Stdout)
	}
	return errors.New(usage)
}
