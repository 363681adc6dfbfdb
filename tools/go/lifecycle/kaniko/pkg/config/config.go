// Package config has the names of kaniko's configuration that the lifecycle sets; nothing reads them.
package config

import "time"

// KanikoDir is where kaniko would work.
var KanikoDir string

// RegistryOptions stands for kaniko's type of that name.
type RegistryOptions struct{}

// CacheOptions stands for kaniko's type of that name.
type CacheOptions struct {
	CacheDir string
	CacheTTL time.Duration
}

// KanikoOptions has the fields that the lifecycle sets.
type KanikoOptions struct {
	CacheOptions
	BuildArgs         []string
	Cache             bool
	CacheCopyLayers   bool
	CacheRepo         string
	CacheRunLayers    bool
	Cleanup           bool
	CustomPlatform    string
	DockerfilePath    string
	IgnorePaths       []string
	IgnoreVarRun      bool
	InitialFSUnpacked bool
	NoPush            bool
	Reproducible      bool
	SnapshotMode      string
	SrcContext        string
}
