package main

import (
	"context"
	"os"
	"path/filepath"

	"github.com/spf13/pflag"
	"k8s.io/apiserver/pkg/server/flagz"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	"k8s.io/client-go/tools/record"
	cliflag "k8s.io/component-base/cli/flag"
	"k8s.io/cri-client/pkg/fake"
	"k8s.io/kubernetes/cmd/kubelet/app"
	"k8s.io/kubernetes/cmd/kubelet/app/options"
	"k8s.io/kubernetes/pkg/kubelet"
	kubeletconfig "k8s.io/kubernetes/pkg/kubelet/apis/config"
	cadvisor "k8s.io/kubernetes/pkg/kubelet/cadvisor/testing"
	"k8s.io/kubernetes/pkg/kubelet/cm"
	container "k8s.io/kubernetes/pkg/kubelet/container/testing"
	"k8s.io/kubernetes/pkg/kubelet/kubeletconfig/configfiles"
	"k8s.io/kubernetes/pkg/util/filesystem"
	"k8s.io/kubernetes/pkg/util/oom"
	"k8s.io/kubernetes/pkg/volume/util/hostutil"
	"k8s.io/kubernetes/pkg/volume/util/subpath"
	"k8s.io/mount-utils"
)

// runKubelet runs a kubelet with its own loader, defaults, credentials, server and talk with the API server.
// What would change the machine, or take rights on it, is replaced by Kubernetes' own fakes, as its tests of
// large clusters have it (kubemark): cgroups and kernel settings, mounts, measurements, the container runtime.
func runKubelet(ctx context.Context, config, kubeconfig, folder, node string) error {
	loader, err := configfiles.NewFsLoader(&filesystem.DefaultFs{}, config)
	if err != nil {
		return err
	}
	loaded, err := loader.Load(ctx)
	if err != nil {
		return err
	}
	gates := utilfeature.DefaultMutableFeatureGate
	if err := gates.SetFromMap(loaded.FeatureGates); err != nil {
		return err
	}

	ofTheMachine(loaded)
	socket := "unix://" + filepath.Join(folder, "runtime.sock")
	runtime := fake.NewFakeRemoteRuntime()
	if err := runtime.Start(socket); err != nil {
		return err
	}
	loaded.ContainerRuntimeEndpoint = socket
	loaded.PodLogsDir = filepath.Join(folder, "pod-logs")
	loaded.VolumePluginDir = filepath.Join(folder, "volume-plugins")
	kubelet.ContainerLogsDir = filepath.Join(folder, "logs")

	flags := options.NewKubeletFlags()
	flags.KubeConfig = kubeconfig
	flags.HostnameOverride = node
	flags.RootDirectory = filepath.Join(folder, "root")
	flags.CertDirectory = filepath.Join(folder, "certificates")
	flags.NodeIP = "203.0.113.1" // no address of any machine, so that the node keeps those that a test gives it
	server := &options.KubeletServer{KubeletFlags: *flags, KubeletConfiguration: *loaded}

	needed, err := app.UnsecuredDependencies(ctx, server, gates)
	if err != nil {
		return err
	}
	needed.CAdvisorInterface = &cadvisor.Fake{NodeName: node}
	needed.ContainerManager = cm.NewStubContainerManager()
	needed.HostUtil = hostutil.NewFakeHostUtil(nil)
	needed.Mounter = &mount.FakeMounter{}
	needed.Subpather = &subpath.FakeSubpath{}
	needed.OOMAdjuster = oom.NewFakeOOMAdjuster()
	needed.OSInterface = &container.FakeOS{}
	needed.Recorder = &record.FakeRecorder{}
	needed.Flagz = asTold(flags)
	return app.Run(ctx, server, needed, gates)
}

// asTold tells the flags that the kubelet would have been started with, as its own command does.
func asTold(flags *options.KubeletFlags) flagz.Reader {
	told := pflag.NewFlagSet("kubelet", pflag.ContinueOnError)
	flags.AddFlags(told)
	return flagz.NamedFlagSetsReader{FlagSets: cliflag.NamedFlagSets{FlagSets: map[string]*pflag.FlagSet{"kubelet": told}}}
}

// ofTheMachine takes back what a configuration wants of the machine. Without a PATH there is no iptables.
func ofTheMachine(config *kubeletconfig.KubeletConfiguration) {
	os.Setenv("PATH", "")
	config.CgroupsPerQOS = false
	config.EnforceNodeAllocatable = nil
	config.FailCgroupV1 = false
	config.FailSwapOn = false
	config.HealthzPort = 0
}
