"""One real Kubernetes node with the real kpack and Tekton, a registry and a git server, for the tests of tests/platforms and for hands-on work."""
