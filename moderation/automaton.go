package moderation

import "slices"

// automaton finds all words in a text in one pass, as Aho and Corasick (1975) describe. Its edges are in one table of hashes: a
// hundred thousand terms take 30 MB, and are built in a tenth of a second.
type automaton struct {
	keys   []uint64 // node<<21 | rune, plus 1; 0: free
	next   []int32
	mask   uint64
	root   []int32 // edges of the root, by rune of the basic plane
	fail   []int32
	link   []int32 // nearest node on the way of failures that ends a word; 0: none
	out    []int32 // first of the node's words plus 1; 0: none
	words  []word
	widest int
}

// word is a term of a list as it is looked for.
type word struct {
	set   int32 // what it is a word of
	more  int32 // next word that ends here, plus 1
	size  int32 // in runes
	term  int32 // of the set
	kind  wordKind
	front bool // something wordy may stand before it
	back  bool // and after it
}

// wordKind is what a find means.
type wordKind uint8

const (
	wordFound   wordKind = iota
	wordAllowed          // other words within it do not count
	wordHint             // a pattern is worth trying
)

// builder gathers words. Runes are folded.
type builder struct {
	terms [][]rune
	words []word
}

func (b *builder) add(runes []rune, w word) {
	w.size = int32(len(runes)) //nolint:gosec // terms are bounded
	b.terms, b.words = append(b.terms, runes), append(b.words, w)
}

func edge(node int32, r rune) uint64 { return uint64(node)<<21 | uint64(r) + 1 } //nolint:gosec // both are above 0

// hash spreads the bits of a key (Fibonacci hashing).
func hash(k uint64) uint64 { k *= 0x9E3779B97F4A7C15; return k ^ k>>29 }

func (a *automaton) child(node int32, r rune) int32 {
	if node == 0 && int(r) < len(a.root) {
		return a.root[r]
	}
	k := edge(node, r)
	for i := hash(k) & a.mask; a.keys[i] != 0; i = (i + 1) & a.mask {
		if a.keys[i] == k {
			return a.next[i]
		}
	}
	return 0
}

func (a *automaton) put(node int32, r rune, to int32) {
	if node == 0 && int(r) < len(a.root) {
		a.root[r] = to
		return
	}
	k := edge(node, r)
	i := hash(k) & a.mask
	for a.keys[i] != 0 {
		i = (i + 1) & a.mask
	}
	a.keys[i], a.next[i] = k, to
}

// build makes the automaton; nil if there are no words.
func (b *builder) build() *automaton {
	if len(b.terms) == 0 {
		return nil
	}
	total := 0
	for _, t := range b.terms {
		total += len(t)
	}
	size := uint64(16)
	for size < uint64(total)*3/2 {
		size *= 2
	}
	a := &automaton{keys: make([]uint64, size), next: make([]int32, size), mask: size - 1, root: make([]int32, 1<<16), words: b.words}
	parent, by, depth := []int32{0}, []rune{0}, []int32{0}
	a.out = []int32{0}
	for n, term := range b.terms {
		node := int32(0)
		for i, r := range term {
			to := a.child(node, r)
			if to == 0 {
				to = int32(len(parent)) //nolint:gosec // bounded by the runes of all terms
				parent, by, depth, a.out = append(parent, node), append(by, r), append(depth, int32(i+1)), append(a.out, 0)
				a.put(node, r, to)
			}
			node = to
		}
		a.words[n].more, a.out[node] = a.out[node], int32(n+1) //nolint:gosec // bounded
		a.widest = max(a.widest, len(term))
	}
	a.fail, a.link = make([]int32, len(parent)), make([]int32, len(parent))
	for _, node := range byDepth(depth) {
		if p := parent[node]; p != 0 {
			f := a.fail[p]
			for f != 0 && a.child(f, by[node]) == 0 {
				f = a.fail[f]
			}
			a.fail[node] = a.child(f, by[node])
		}
		if f := a.fail[node]; a.out[f] != 0 {
			a.link[node] = f
		} else {
			a.link[node] = a.link[f]
		}
	}
	return a
}

// byDepth lists the nodes but the root, those nearer to it first.
func byDepth(depth []int32) []int32 {
	first := make([]int32, slices.Max(depth)+2)
	for _, d := range depth[1:] {
		first[d+1]++
	}
	for i := 1; i < len(first); i++ {
		first[i] += first[i-1]
	}
	order := make([]int32, len(depth)-1)
	for node := 1; node < len(depth); node++ {
		d := depth[node]
		order[first[d]] = int32(node) //nolint:gosec // bounded
		first[d]++
	}
	return order
}

// find calls yield for each word and the rune after it. Words that end at the same place come longest first.
func (a *automaton) find(runes []rune, yield func(w *word, end int)) {
	node := int32(0)
	for i, r := range runes {
		for {
			to := a.child(node, r)
			if to != 0 {
				node = to
				break
			}
			if node == 0 {
				break
			}
			node = a.fail[node]
		}
		for n := node; n != 0; n = a.link[n] {
			for w := a.out[n]; w != 0; w = a.words[w-1].more {
				yield(&a.words[w-1], i+1)
			}
		}
	}
}
