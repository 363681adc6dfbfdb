// Package image has the one variable of kaniko's that the lifecycle sets.
package image

import (
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/osscontainertools/kaniko/pkg/config"
)

// RetrieveRemoteImage is set by the lifecycle and never called.
var RetrieveRemoteImage func(image string, options config.RegistryOptions, customPlatform string) (v1.Image, error)
