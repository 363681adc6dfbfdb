// Package executor refuses what kaniko would do.
package executor

import (
	"errors"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/osscontainertools/kaniko/pkg/config"
)

// DoBuild always fails: this lifecycle applies no Dockerfile.
func DoBuild(*config.KanikoOptions) (v1.Image, error) {
	return nil, errors.New("this lifecycle was built without kaniko and cannot apply image extensions; use an official lifecycle")
}
