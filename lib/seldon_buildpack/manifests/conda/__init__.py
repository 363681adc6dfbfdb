"""The manifests of conda: environment.yml, lock files and explicit lists."""
