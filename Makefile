# `make demo` and `make test` set up what they need. `make help` lists the targets.
.PHONY: help setup cluster-tools image-tools image demo test conformance build bench sim clean
.DEFAULT_GOAL := help

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

node_modules/.installed: package.json package-lock.json
	@# Not "npm ci", which fetches anew what is there already.
	npm install --no-save --no-audit --no-fund --loglevel=error
	@touch $@

setup: node_modules/.installed ## Install what the project needs

dist/csi-attacher.cjs: setup $(shell find src -name '*.ts') tools/build.ts
	@tools/node tools/build.ts

build: dist/csi-attacher.cjs ## Bundle the attacher into dist/

demo: build ## Attach and detach on the embedded API server and driver (ARGS=--keep, ARGS=--json)
	@tools/node demo/main.ts $(ARGS)

cluster-tools: setup ## Unpack helm, kubectl and promtool into .cache/, for the tests of deploy/
	@tools/node testing/deploy/cluster-tools.ts

image-tools:
	@sh tools/image/install-tools.sh

image: build image-tools ## Build the container image for linux/amd64 and linux/arm64 into dist/
	@tools/node tools/image/main.ts

test: build cluster-tools $(if $(ARGS),,image) ## Run every check and every test
	@tools/node tools/test.ts $(ARGS)

conformance: setup ## Hold a real API server of your own against the recordings (KUBECONFIG=FILE)
	@KUBECONFIG='$(KUBECONFIG)' tools/node --test --test-timeout=120000 testing/conformance/real-server.ts

bench: build ## Measure an attacher (ARGS='--help')
	@tools/node bench/main.ts $(ARGS)

sim: setup ## Run the simulator (SEED=n, or SEEDS=count)
	@tools/node testing/sim/main.ts $(if $(SEED),--seed $(SEED)) $(if $(SEEDS),--seeds $(SEEDS)) $(ARGS)

clean: ## Remove what was built
	rm -rf dist node_modules .cache
