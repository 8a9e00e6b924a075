package main

import (
	"io"
	"net"
	"net/http"
)

// serveTunnel serves the proxy that an API server's egress selector takes (HTTPConnect on a socket). Whatever
// address is asked for, it is loopback that it connects to: the API server itself refuses to proxy there.
func serveTunnel(socket string) error {
	listener, err := net.Listen("unix", socket)
	if err != nil {
		return err
	}
	return http.Serve(listener, http.HandlerFunc(connect))
}

func connect(answer http.ResponseWriter, asked *http.Request) {
	_, port, err := net.SplitHostPort(asked.Host)
	if asked.Method != http.MethodConnect || err != nil {
		http.Error(answer, "CONNECT HOST:PORT", http.StatusBadRequest)
		return
	}
	there, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", port))
	if err != nil {
		http.Error(answer, err.Error(), http.StatusBadGateway)
		return
	}
	defer there.Close()
	here, buffered, err := http.NewResponseController(answer).Hijack()
	if err != nil {
		return
	}
	defer here.Close()
	if _, err := io.WriteString(here, "HTTP/1.1 200 Connection established\r\n\r\n"); err != nil {
		return
	}
	go func() {
		defer there.Close()
		_, _ = io.Copy(there, buffered)
	}()
	_, _ = io.Copy(here, there)
}
