module stockade.dev/e2e/light

go 1.26
