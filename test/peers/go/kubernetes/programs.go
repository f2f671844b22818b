//go:build programs

// What scripts/install-peers.sh builds from this module besides our own programs: named here so that go.mod and go.sum have all of it.
package kubernetes

import (
	_ "k8s.io/kubernetes/cmd/kube-apiserver"
	_ "k8s.io/kubernetes/cmd/kubectl"
)
