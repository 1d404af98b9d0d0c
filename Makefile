# Everything goes through infra/local, which needs Python 3.11, Rust and a C compiler, and installs the rest privately.
LOCAL := python3 -m infra.local
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run stop status logs test check test-rust test-sizes test-stack openapi bench fuzz deploy

help: ## list what can be made
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 20

run: ## build and start everything on this machine (DETACH=1 returns when it is up)
	@$(LOCAL) run $(if $(filter-out 0,$(DETACH)),--detach)

stop: ## end what `make run` started; data is kept
	@$(LOCAL) stop

status: ## tell what runs, and where
	@$(LOCAL) status

logs: ## print what the functions logged (FUNCTION=inbox-writer for one of them)
	@$(LOCAL) logs $(FUNCTION)

test: check test-rust test-sizes test-stack ## run every check and every test

check: ## formatting, lints, dependencies, template, table of features
	cargo fmt --all --check
	@$(LOCAL) claim-target
	cargo clippy --locked --workspace --all-targets $(if $(CI),-- -D warnings)
	@if command -v cargo-deny >/dev/null; then set -x; cargo deny --locked check; \
	else echo "skipped: cargo-deny is not installed (cargo install cargo-deny)"; fi
	@$(LOCAL) check
	@$(LOCAL) features

test-rust: ## unit and integration tests
	@$(LOCAL) claim-target
	@if command -v cargo-nextest >/dev/null; then set -x; cargo nextest run --locked --workspace; \
	else set -x; cargo test --locked --workspace --quiet; fi

test-sizes: ## size of every function as it is deployed, against tests/sizes.json
	@$(LOCAL) sizes

test-stack: ## tests of the deployed template and of the pages, on a stack of their own (ARGS="-k close", TESTS=tests/browser/console)
	@$(LOCAL) pytest $(or $(TESTS),tests/stack tests/browser) $(ARGS)

openapi: ## write infra/openapi.yaml, the description of the API, from the code
	@$(LOCAL) claim-target
	cargo run --locked --quiet -p madoguchi-openapi -- --write

bench: ## measure size, start-up, work and cost; writes docs/BENCHMARKS.md (about 18 minutes after the build; PARTS=functions,peers)
	@$(LOCAL) bench --parts "$(PARTS)" $(if $(OUT),--out $(OUT)) $(if $(ROUNDS),--rounds $(ROUNDS))

fuzz: ## hand mutated webhooks to everything that reads a provider's bytes (INPUTS=10000000)
	@$(LOCAL) claim-target
	cargo run --locked --profile fuzz -p madoguchi-fuzz -- $(or $(INPUTS),1000000)

deploy: ## build for AWS and deploy there (ARCH=x86_64, OPTIONS="--stack-name inbox AlarmEmail=...")
	@$(LOCAL) deploy --architecture $(or $(ARCH),arm64) -- $(OPTIONS)

# One target folder for all clones, unless the environment names another.
export CARGO_TARGET_DIR ?= $(or $(MADOGUCHI_CACHE),$(HOME)/.cache/madoguchi)/target
