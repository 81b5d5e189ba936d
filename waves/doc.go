// Package waves finds near-equal texts that many say at once, makes one case of each such wave, and cleans it up: what was said is taken
// back, who said it is muted, and the groups are harder to get into for a while.
//
// Each console compares what callbacks tell it, in memory. What three say alike goes into the store, where the parts of all consoles
// become one wave; as soon as it weighs enough it is a case, which goes on counting.
package waves
