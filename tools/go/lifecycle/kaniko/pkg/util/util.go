// Package util has what the lifecycle calls before it hands over to the executor, which refuses.
package util

// IgnoreListEntry stands for kaniko's type of that name.
type IgnoreListEntry struct {
	Path            string
	PrefixMatchOnly bool
}

// AddToDefaultIgnoreList does nothing: nothing is ever applied.
func AddToDefaultIgnoreList(IgnoreListEntry) {}
