package main

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"hash/crc32"
	"hash/maphash"
	"io"
	"sync"
)

// gzipOnce writes what gzip -1 would, and packs a long text once only: on a cluster each node's own processor packs, here a thousand nodes would
// share two with the client that is measured. Texts stand between boundaries, which are others in each exec.
func gzipOnce(in io.Reader, out io.Writer, boundary string) error {
	all := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(all)
	all.Reset()
	if in != nil {
		if _, err := all.ReadFrom(in); err != nil {
			return err
		}
	}
	packed := bytes.NewBuffer([]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 3})
	short := 0 // where the short texts begin that are not packed yet
	for at := 0; at < all.Len(); {
		text, _, _ := bytes.Cut(all.Bytes()[at:], []byte(boundary))
		if len(text) >= longText {
			packed.Write(pack(all.Bytes()[short:at]))
			packed.Write(packOnce(text))
			short = at + len(text)
		}
		at += max(1, len(text)+len(boundary))
	}
	packed.Write(pack(all.Bytes()[short:]))
	packed.Write([]byte{3, 0}) // an empty last block
	packed.Write(binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, crc32.ChecksumIEEE(all.Bytes())), uint32(all.Len())))
	for packed.Len() > 0 {
		if _, err := out.Write(packed.Next(32 << 10)); err != nil { // as gzip itself writes
			return err
		}
	}
	return nil
}

const longText = 64 << 10

var (
	buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}
	packers = sync.Pool{New: func() any { // a packer is a megabyte of tables
		p, _ := flate.NewWriter(nil, flate.BestSpeed) // fails for unknown levels only
		return p
	}}
	seed  = maphash.MakeSeed()
	known sync.Map // hash of a text → its packed form
)

// pack: whole blocks of deflate that refer to nothing before them and end at a byte.
func pack(text []byte) []byte {
	if len(text) == 0 {
		return nil
	}
	var out bytes.Buffer
	p := packers.Get().(*flate.Writer)
	defer packers.Put(p)
	p.Reset(&out)
	p.Write(text)
	p.Flush()
	return out.Bytes()
}

func packOnce(text []byte) []byte {
	key := maphash.Bytes(seed, text)
	if packed, ok := known.Load(key); ok {
		return packed.([]byte)
	}
	packed := pack(text)
	known.Store(key, packed)
	return packed
}
