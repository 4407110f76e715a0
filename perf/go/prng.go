package main

// prng is the generator that makes a trace from its seed. spec/support/prng.ts is the same, draw for draw: all of it is
// arithmetic on unsigned 32-bit integers, modulo 2^32.
//
//	state starts as the seed
//	next: state += 0x9e3779b9, and the draw is mix(state)
//	below(n): next modulo n (the tiny bias towards small numbers does not matter here)
type prng struct{ state uint32 }

func (p *prng) next() uint32 {
	p.state += 0x9e3779b9
	return mix(p.state)
}

func (p *prng) below(n int) int { return int(p.next() % uint32(n)) }

// mix spreads every bit of z over the whole word (the finalizer of MurmurHash3).
func mix(z uint32) uint32 {
	z ^= z >> 16
	z *= 0x85ebca6b
	z ^= z >> 13
	z *= 0xc2b2ae35
	z ^= z >> 16
	return z
}

// fnv is a running FNV-1a hash over bytes, 32 bits wide.
type fnv uint32

const fnvStart fnv = 0x811c9dc5

func (h fnv) add(bytes []byte) fnv {
	for _, b := range bytes {
		h = (h ^ fnv(b)) * 0x01000193
	}
	return h
}
