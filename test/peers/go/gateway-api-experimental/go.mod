module evercert.invalid/peers/gateway-api-experimental

go 1.26.0

require sigs.k8s.io/gateway-api v1.4.1
