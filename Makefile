SHELL := bash
.DEFAULT_GOAL := help
.PHONY: help demo test faults build images cli bench size clean

help: ## show this list
	@echo 'Stockade: make TARGET'
	@sed -n 's/^\([a-z]*\): ## /  \1\t/p' Makefile | expand -t 11

demo: ## an agent calls a real MCP server through Stockade on a real cluster, with commentary (e2e/demo --down removes it)
	@e2e/demo

test: ## run every test, those on a cluster too (about 40 minutes on two cores, and 11 more that compile the cluster, once)
	@e2e/setup/prerequisites e2e/setup/task test

faults: ## make parts of a cluster fail under steady traffic, and print what came of it (15 minutes)
	@e2e/setup/prerequisites e2e/setup/task faults

build: ## compile and package, without tests (two minutes)
	@e2e/setup/prerequisites --for jdk e2e/setup/task build

images: ## build the container images, as archives (three minutes)
	@e2e/setup/prerequisites --for jdk --for images e2e/setup/task images

cli: ## package kubectl stockade, with a Java of its own, into cli/target/kubectl-stockade (a minute)
	@e2e/setup/prerequisites --for jdk e2e/setup/task cli

bench: ## measure reading and deciding beside their peers, in nanoseconds and bytes (six minutes; needs a quiet machine)
	@e2e/setup/prerequisites --for jdk e2e/setup/task bench

size: ## the operator with 200, 600 and 2000 sidecars: a table of times, memory and requests (forty minutes; needs a quiet machine)
	@e2e/setup/prerequisites e2e/setup/task size

clean: ## remove what builds made in this folder (the caches under ~/.cache stay)
	@rm -rf target */target e2e/failures
