// acme-dns-rows does to a database what acme-dns (v2.0.2) does to it, through the drivers and the bcrypt that acme-dns is built with:
// register, log in, update, answer. acme-dns itself is no library, and cannot be had as a module; its statements and the shapes of its
// rows are in docs/divergences.md. So what evercert leaves in a database is read by what acme-dns reads it with.
//
//	acme-dns-rows ENGINE CONNECTION
//
// ENGINE is sqlite or postgres. Each line of standard input is a command, a JSON list of texts: ["init"], ["register", CIDR...],
// ["login", USERNAME, PASSWORD], ["update", SUBDOMAIN, VALUE], ["txt", SUBDOMAIN]. Each is answered by a line, {"answer": ...} or
// {"error": "..."}.
package main

import (
	"bufio"
	"crypto/rand"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"regexp"
	"time"

	_ "github.com/glebarez/go-sqlite"
	"github.com/google/uuid"
	_ "github.com/lib/pq"
	"golang.org/x/crypto/bcrypt"
)

const (
	cost  = 10
	slots = 2
)

type account struct {
	Username  string   `json:"username"`
	Password  string   `json:"password,omitempty"`
	Subdomain string   `json:"subdomain"`
	AllowFrom []string `json:"allowfrom"`
}

type store struct {
	db     *sql.DB
	engine string
}

type reply struct {
	Answer any    `json:"answer,omitempty"`
	Error  string `json:"error,omitempty"`
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 2 {
		return errors.New("usage: acme-dns-rows ENGINE CONNECTION")
	}
	db, err := sql.Open(args[0], args[1])
	if err != nil {
		return err
	}
	defer db.Close()
	s := store{db: db, engine: args[0]}
	lines, out := bufio.NewScanner(os.Stdin), json.NewEncoder(os.Stdout)
	for lines.Scan() {
		var command []string
		if err := json.Unmarshal(lines.Bytes(), &command); err != nil {
			return err
		}
		answer, err := s.do(command)
		told := reply{Answer: answer}
		if err != nil {
			told = reply{Error: err.Error()}
		}
		if err := out.Encode(told); err != nil {
			return err
		}
	}
	return lines.Err()
}

func (s store) do(command []string) (any, error) {
	switch rest := command[1:]; {
	case command[0] == "init":
		return "done", s.create()
	case command[0] == "register":
		return s.register(rest)
	case command[0] == "login" && len(rest) == 2:
		return s.login(rest[0], rest[1])
	case command[0] == "update" && len(rest) == 2:
		return "done", s.update(rest[0], rest[1])
	case command[0] == "txt" && len(rest) == 1:
		return s.txt(rest[0])
	}
	return nil, fmt.Errorf("unknown command %q", command)
}

// sql has $1 for PostgreSQL, and ? for SQLite.
func (s store) sql(text string) string {
	if s.engine != "sqlite" {
		return text
	}
	return regexp.MustCompile(`\$\d`).ReplaceAllString(text, "?")
}

func (s store) create() error {
	rowid := ""
	if s.engine != "sqlite" {
		rowid = "rowid SERIAL, "
	}
	for _, statement := range []string{
		"CREATE TABLE acmedns (Name TEXT, Value TEXT)",
		"CREATE TABLE records (Username TEXT UNIQUE NOT NULL PRIMARY KEY, Password TEXT UNIQUE NOT NULL, Subdomain TEXT UNIQUE NOT NULL, AllowFrom TEXT)",
		"CREATE TABLE txt (" + rowid + "Subdomain TEXT NOT NULL, Value TEXT NOT NULL DEFAULT '', LastUpdate INT)",
		"INSERT INTO acmedns (Name, Value) VALUES ('db_version', '1')",
	} {
		if _, err := s.db.Exec(statement); err != nil {
			return err
		}
	}
	return nil
}

func (s store) register(allowFrom []string) (account, error) {
	random := make([]byte, 30)
	if _, err := rand.Read(random); err != nil {
		return account{}, err
	}
	made := account{
		Username:  uuid.NewString(),
		Password:  base64.RawURLEncoding.EncodeToString(random),
		Subdomain: uuid.NewString(),
		AllowFrom: append([]string{}, allowFrom...),
	}
	// Bound as octets, as acme-dns does it: so SQLite has a BLOB.
	hash, err := bcrypt.GenerateFromPassword([]byte(made.Password), cost)
	if err != nil {
		return account{}, err
	}
	list, err := json.Marshal(made.AllowFrom)
	if err != nil {
		return account{}, err
	}
	tx, err := s.db.Begin()
	if err != nil {
		return account{}, err
	}
	defer func() { _ = tx.Rollback() }()
	insert := s.sql("INSERT INTO records (Username, Password, Subdomain, AllowFrom) VALUES ($1, $2, $3, $4)")
	if _, err := tx.Exec(insert, made.Username, hash, made.Subdomain, string(list)); err != nil {
		return account{}, err
	}
	for range slots {
		if _, err := tx.Exec(s.sql("INSERT INTO txt (Subdomain, LastUpdate) VALUES ($1, 0)"), made.Subdomain); err != nil {
			return account{}, err
		}
	}
	return made, tx.Commit()
}

// login scans into the types that acme-dns scans into: a NULL, or JSON that is no list of texts, is an error there too.
func (s store) login(username, password string) (account, error) {
	var found account
	var id uuid.UUID
	var hash, list string
	row := s.db.QueryRow(s.sql("SELECT Username, Password, Subdomain, AllowFrom FROM records WHERE Username = $1 LIMIT 1"), username)
	if err := row.Scan(&id, &hash, &found.Subdomain, &list); err != nil {
		return found, err
	}
	found.Username = id.String()
	if err := json.Unmarshal([]byte(list), &found.AllowFrom); err != nil {
		return found, err
	}
	return found, bcrypt.CompareHashAndPassword([]byte(hash), []byte(password))
}

func (s store) update(subdomain, value string) error {
	_, err := s.db.Exec(
		s.sql("UPDATE txt SET Value = $1, LastUpdate = $2 WHERE rowid = (SELECT rowid FROM txt WHERE Subdomain = $3 ORDER BY LastUpdate LIMIT 1)"),
		value, time.Now().Unix(), subdomain)
	return err
}

func (s store) txt(subdomain string) ([]string, error) {
	values := []string{}
	rows, err := s.db.Query(s.sql(fmt.Sprintf("SELECT Value FROM txt WHERE Subdomain = $1 LIMIT %d", slots)), subdomain)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var value string
		if err := rows.Scan(&value); err != nil {
			return nil, err
		}
		// acme-dns leaves empty values out of the answer.
		if value != "" {
			values = append(values, value)
		}
	}
	return values, rows.Err()
}
