// SPDX-License-Identifier: MIT

// What quic-go's interop client has no case for: streams and datagrams to the services echo and perf.
//
//	quic-go-services echo|perf HOST:PORT
package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/quic-go/quic-go"
)

const (
	streams     = 20
	streamBytes = 100_000
	datagrams   = 50
)

type stream interface {
	io.ReadWriteCloser
}

// Sends and reads at the same time, so that neither side's flow control stops the other.
func exchange(on stream, request []byte) ([]byte, error) {
	sent := make(chan error, 1)
	go func() {
		_, err := on.Write(request)
		if err == nil {
			err = on.Close()
		}
		sent <- err
	}()
	answer, err := io.ReadAll(on)
	return answer, errors.Join(err, <-sent)
}

func echoed(on stream) error {
	request := make([]byte, streamBytes)
	rand.Read(request)
	answer, err := exchange(on, request)
	if err == nil && !bytes.Equal(answer, request) {
		err = fmt.Errorf("%d bytes came back of %d, or others", len(answer), len(request))
	}
	return err
}

// draft-banks-quic-performance: eight bytes say how much is wanted; what follows them is only counted.
func performed(on stream) error {
	request := binary.BigEndian.AppendUint64(nil, streamBytes)
	answer, err := exchange(on, append(request, make([]byte, streamBytes)...))
	if err == nil && len(answer) != streamBytes {
		err = fmt.Errorf("%d bytes came of %d", len(answer), streamBytes)
	}
	return err
}

func run(service, address string) error {
	context, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	tlsConfig := &tls.Config{InsecureSkipVerify: true, NextProtos: []string{service}}
	if path := os.Getenv("SSLKEYLOGFILE"); path != "" {
		file, err := os.Create(path)
		if err != nil {
			return err
		}
		defer file.Close()
		tlsConfig.KeyLogWriter = file
	}
	connection, err := quic.DialAddr(context, address, tlsConfig, &quic.Config{EnableDatagrams: true})
	if err != nil {
		return err
	}
	defer connection.CloseWithError(0, "")

	ask := map[string]func(stream) error{"echo": echoed, "perf": performed}[service]
	failed := make(chan error, streams)
	for range streams {
		on, err := connection.OpenStreamSync(context)
		if err != nil {
			return err
		}
		go func() { failed <- ask(on) }()
	}
	for range streams {
		if err := <-failed; err != nil {
			return err
		}
	}
	if service != "echo" {
		return nil
	}

	// One at a time: datagrams may be lost, but nothing here loses them.
	for number := range datagrams {
		request := make([]byte, 1+number*20)
		rand.Read(request)
		if err := connection.SendDatagram(request); err != nil {
			return err
		}
		answer, err := connection.ReceiveDatagram(context)
		if err != nil {
			return err
		}
		if !bytes.Equal(answer, request) {
			return fmt.Errorf("datagram %d came back as another", number)
		}
	}
	return nil
}

func main() {
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}
