// Command lego-acmedns gets certificates with lego and its acme-dns provider, and says how long each took.
//
//	lego-acmedns -server URL -ca-root FILE -acme-dns URL -storage FILE -resolver ADDR:PORT [-concurrency N] NAME[,NAME...]...
//
// With -storage-url URL in place of -storage, its accounts are kept by a server (ACME_DNS_STORAGE_BASE_URL). With -httpreq URL, and user and
// password in it, its provider httpreq is taken in place of acme-dns; -httpreq-mode is default or RAW.
//
// Every argument is one certificate. The answer is one line of JSON on standard output.
// Everything is lego's default but one: its check at the authoritative servers insists on port 53, so it is off.
package main

import (
	"context"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/go-acme/lego/v5/acme"
	"github.com/go-acme/lego/v5/certcrypto"
	"github.com/go-acme/lego/v5/certificate"
	"github.com/go-acme/lego/v5/challenge"
	"github.com/go-acme/lego/v5/challenge/dns01"
	"github.com/go-acme/lego/v5/lego"
	"github.com/go-acme/lego/v5/providers/dns/acmedns"
	"github.com/go-acme/lego/v5/providers/dns/httpreq"
	"github.com/go-acme/lego/v5/registration"
)

type user struct {
	key     crypto.Signer
	account *acme.ExtendedAccount
}

func (u *user) GetEmail() string                       { return "" }
func (u *user) GetRegistration() *acme.ExtendedAccount { return u.account }
func (u *user) GetPrivateKey() crypto.Signer           { return u.key }

type result struct {
	Names       []string `json:"names"`
	Ms          int64    `json:"ms"`
	Certificate string   `json:"certificate,omitempty"`
	Error       string   `json:"error,omitempty"`
}

type answer struct {
	Ms           int64    `json:"ms"`
	Certificates []result `json:"certificates"`
}

func main() {
	server := flag.String("server", "", "ACME directory URL")
	caRoot := flag.String("ca-root", "", "PEM file that the server's HTTPS is trusted by")
	var provide providerOptions
	flag.StringVar(&provide.acmeDNS, "acme-dns", "", "base URL of the acme-dns server")
	flag.StringVar(&provide.storage, "storage", "", "account file of the acme-dns server")
	flag.StringVar(&provide.storageURL, "storage-url", "", "base URL of the storage of accounts")
	flag.StringVar(&provide.httpreq, "httpreq", "", "endpoint of httpreq, with user and password")
	flag.StringVar(&provide.httpreqMode, "httpreq-mode", "", "mode of httpreq")
	resolver := flag.String("resolver", "", "address:port of the resolver that is asked before the CA")
	concurrency := flag.Int("concurrency", 1, "certificates at a time")
	flag.Parse()

	start := time.Now()
	client, err := register(*server, *caRoot, *resolver, provide)
	if err != nil {
		fmt.Fprintln(os.Stderr, "lego-acmedns:", err)
		os.Exit(1)
	}
	results := obtainAll(client, flag.Args(), *concurrency)
	_ = json.NewEncoder(os.Stdout).Encode(answer{Ms: time.Since(start).Milliseconds(), Certificates: results})
	for _, r := range results {
		if r.Error != "" {
			os.Exit(1)
		}
	}
}

type providerOptions struct {
	acmeDNS, storage, storageURL, httpreq, httpreqMode string
}

func newProvider(options providerOptions) (challenge.Provider, error) {
	if options.httpreq == "" {
		config := acmedns.Config{APIBase: options.acmeDNS, StoragePath: options.storage, StorageBaseURL: options.storageURL}
		return acmedns.NewDNSProviderConfig(&config)
	}
	endpoint, err := url.Parse(options.httpreq)
	if err != nil {
		return nil, err
	}
	config := httpreq.NewDefaultConfig()
	config.Mode = options.httpreqMode
	config.Username = endpoint.User.Username()
	config.Password, _ = endpoint.User.Password()
	endpoint.User = nil
	config.Endpoint = endpoint
	return httpreq.NewDNSProviderConfig(config)
}

func register(server, caRoot, resolver string, provide providerOptions) (*lego.Client, error) {
	key, err := certcrypto.GeneratePrivateKey(certcrypto.EC256)
	if err != nil {
		return nil, err
	}
	pem, err := os.ReadFile(caRoot)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no certificate", caRoot)
	}
	account := &user{key: key}
	config := lego.NewConfig(account)
	config.CADirURL = server
	config.HTTPClient.Transport.(*http.Transport).TLSClientConfig = &tls.Config{RootCAs: roots}
	client, err := lego.NewClient(config)
	if err != nil {
		return nil, err
	}
	provider, err := newProvider(provide)
	if err != nil {
		return nil, err
	}
	options := dns01.NewOptions()
	options.RecursiveNameservers = []string{resolver}
	dns01.SetDefaultClient(dns01.NewClient(options))
	err = client.Challenge.SetDNS01Provider(provider, dns01.DisableAuthoritativeNssPropagationRequirement())
	if err != nil {
		return nil, err
	}
	account.account, err = client.Registration.Register(context.Background(), registration.RegisterOptions{TermsOfServiceAgreed: true})
	return client, err
}

func obtainAll(client *lego.Client, certificates []string, concurrency int) []result {
	results := make([]result, len(certificates))
	slots := make(chan struct{}, concurrency)
	var all sync.WaitGroup
	for i, names := range certificates {
		slots <- struct{}{}
		all.Go(func() {
			results[i] = obtain(client, strings.Split(names, ","))
			<-slots
		})
	}
	all.Wait()
	return results
}

func obtain(client *lego.Client, names []string) result {
	start := time.Now()
	got, err := client.Certificate.Obtain(context.Background(), certificate.ObtainRequest{
		Domains: names, KeyType: certcrypto.EC256, Bundle: true,
	})
	r := result{Names: names, Ms: time.Since(start).Milliseconds()}
	if err != nil {
		r.Error = err.Error()
	} else {
		r.Certificate = string(got.Certificate)
	}
	return r
}
