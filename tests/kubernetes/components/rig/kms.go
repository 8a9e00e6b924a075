package main

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"k8s.io/kms/pkg/service"
)

// keyService encrypts by keys that it makes up and holds in memory, one for each id that its state file has
// named so far. The tests write that file to rotate the key or to have the service fail.
type keyService struct {
	state string
	lock  sync.Mutex
	keys  map[string]cipher.AEAD
}

// state: `key` is the id of the key to encrypt by; `fault`, when it is set, is what every answer then says.
type state struct {
	Key   string `json:"key"`
	Fault string `json:"fault"`
}

func serveKeys(socket, state string) error {
	keys := &keyService{state: state, keys: map[string]cipher.AEAD{}}
	return service.NewGRPCService(socket, 10*time.Second, keys).ListenAndServe()
}

func (s *keyService) Status(context.Context) (*service.StatusResponse, error) {
	now, err := s.now()
	if err != nil {
		return nil, err
	}
	health := "ok"
	if now.Fault != "" {
		health = now.Fault
	}
	return &service.StatusResponse{Version: "v2", Healthz: health, KeyID: now.Key}, nil
}

func (s *keyService) Encrypt(_ context.Context, _ string, text []byte) (*service.EncryptResponse, error) {
	now, err := s.now()
	if err != nil {
		return nil, err
	}
	if now.Fault != "" {
		return nil, errors.New(now.Fault)
	}
	key, err := s.key(now.Key)
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, key.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return nil, err
	}
	return &service.EncryptResponse{Ciphertext: key.Seal(nonce, nonce, text, nil), KeyID: now.Key}, nil
}

func (s *keyService) Decrypt(_ context.Context, _ string, asked *service.DecryptRequest) ([]byte, error) {
	now, err := s.now()
	if err != nil {
		return nil, err
	}
	if now.Fault != "" {
		return nil, errors.New(now.Fault)
	}
	key, err := s.key(asked.KeyID)
	if err != nil {
		return nil, err
	}
	if len(asked.Ciphertext) < key.NonceSize() {
		return nil, fmt.Errorf("%d bytes are no ciphertext", len(asked.Ciphertext))
	}
	return key.Open(nil, asked.Ciphertext[:key.NonceSize()], asked.Ciphertext[key.NonceSize():], nil)
}

func (s *keyService) now() (state, error) {
	var now state
	text, err := os.ReadFile(s.state)
	if err != nil {
		return now, err
	}
	return now, json.Unmarshal(text, &now)
}

func (s *keyService) key(id string) (cipher.AEAD, error) {
	s.lock.Lock()
	defer s.lock.Unlock()
	if known, ok := s.keys[id]; ok {
		return known, nil
	}
	secret := make([]byte, 32)
	if _, err := rand.Read(secret); err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(secret)
	if err != nil {
		return nil, err
	}
	made, err := cipher.NewGCM(block)
	if err == nil {
		s.keys[id] = made
	}
	return made, err
}
