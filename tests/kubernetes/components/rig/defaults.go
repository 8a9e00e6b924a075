package main

import (
	"encoding/json"
	"io"

	"github.com/spf13/pflag"
	cliflag "k8s.io/component-base/cli/flag"
	proxyconfig "k8s.io/kube-proxy/config/v1alpha1"
	schedulerconfig "k8s.io/kube-scheduler/config/v1"
	kubeletconfig "k8s.io/kubelet/config/v1beta1"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app/options"
	manager "k8s.io/kubernetes/cmd/kube-controller-manager/app/options"
	proxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app/options"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app/options"
	kubeletdefaults "k8s.io/kubernetes/pkg/kubelet/apis/config/v1beta1"
	proxydefaults "k8s.io/kubernetes/pkg/proxy/apis/config/v1alpha1"
	schedulerdefaults "k8s.io/kubernetes/pkg/scheduler/apis/config/v1"
)

// component holds what a component runs with when it is told nothing: `Config` with an empty configuration
// file, where it takes one, and `Flags` with no file and no flag.
type component struct {
	Config any             `json:"config,omitempty"`
	Flags  map[string]flag `json:"flags"`
}

type flag struct {
	Type    string `json:"type"`
	Default string `json:"default"`
}

func printDefaults(out io.Writer) error {
	flags := pflag.NewFlagSet("kubelet", pflag.ContinueOnError)
	kubelet.NewKubeletFlags().AddFlags(flags)
	byFlags, err := kubelet.NewKubeletConfiguration()
	if err != nil {
		return err
	}
	kubelet.AddKubeletConfigFlags(flags, byFlags)
	forKubelet := kubeletconfig.KubeletConfiguration{}
	kubeletdefaults.SetObjectDefaults_KubeletConfiguration(&forKubelet)

	forManager, err := manager.NewKubeControllerManagerOptions()
	if err != nil {
		return err
	}
	forProxy := proxyconfig.KubeProxyConfiguration{}
	proxydefaults.SetObjectDefaults_KubeProxyConfiguration(&forProxy)
	proxyFlags := pflag.NewFlagSet("kube-proxy", pflag.ContinueOnError)
	proxy.NewOptions().AddFlags(proxyFlags)
	forScheduler := schedulerconfig.KubeSchedulerConfiguration{}
	schedulerdefaults.SetObjectDefaults_KubeSchedulerConfiguration(&forScheduler)

	return json.NewEncoder(out).Encode(map[string]component{
		"kubelet":                 {forKubelet, listed(flags)},
		"kube-apiserver":          {nil, ofSets(apiserver.NewServerRunOptions().Flags())},
		"kube-controller-manager": {nil, ofSets(forManager.Flags(nil, nil, nil))},
		"kube-proxy":              {forProxy, listed(proxyFlags)},
		"kube-scheduler":          {forScheduler, ofSets(*scheduler.NewOptions().Flags)},
	})
}

func ofSets(sets cliflag.NamedFlagSets) map[string]flag {
	all := pflag.NewFlagSet("", pflag.ContinueOnError)
	for _, set := range sets.FlagSets {
		all.AddFlagSet(set)
	}
	return listed(all)
}

func listed(flags *pflag.FlagSet) map[string]flag {
	found := map[string]flag{}
	flags.VisitAll(func(each *pflag.Flag) {
		found[each.Name] = flag{each.Value.Type(), each.DefValue}
	})
	return found
}
