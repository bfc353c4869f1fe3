// Have a picture read: go run ocr.go PICTURE MARKED
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"time"
)

// A []byte is Base64 in JSON, both ways.
type request struct {
	Image []byte `json:"image"`
}

type reply struct {
	ErrorMsg string `json:"errorMsg"`
	Result   struct {
		Texts []struct {
			Text  string  `json:"text"`
			Score float64 `json:"score"`
		} `json:"texts"`
		Image []byte `json:"image"`
	} `json:"result"`
}

func main() {
	if err := read(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func read(picture, marked string) error {
	url := os.Getenv("INKREAD_URL")
	if url == "" {
		url = "http://127.0.0.1:8080"
	}
	content, err := os.ReadFile(picture)
	if err != nil {
		return err
	}
	body, err := json.Marshal(request{Image: content})
	if err != nil {
		return err
	}
	asked, err := http.NewRequest("POST", url+"/ocr", bytes.NewReader(body))
	if err != nil {
		return err
	}
	asked.Header.Set("Content-Type", "application/json")
	if token := os.Getenv("INKREAD_TOKEN"); token != "" {
		asked.Header.Set("Authorization", "Bearer "+token)
	}
	client := http.Client{Timeout: 120 * time.Second}
	answer, err := client.Do(asked)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	var said reply
	if err := json.NewDecoder(answer.Body).Decode(&said); err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s", said.ErrorMsg)
	}
	for _, text := range said.Result.Texts {
		fmt.Printf("%.2f %s\n", text.Score, text.Text)
	}
	return os.WriteFile(marked, said.Result.Image, 0o644)
}
