/* What the C clients share: read NIKs, look each up twice, tell of the second time. The same line as look_up.rs prints. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static uint64_t now_ns(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (uint64_t)at.tv_sec * 1000000000u + (uint64_t)at.tv_nsec;
}

static int by_size(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void fail(const char *what) {
    fprintf(stderr, "%s\n", what);
    exit(1);
}

/* look_up gives 1 where the NIK was found and its ten values were at hand, 0 where it was not. */
static void measure(const char *path, int (*look_up)(uint64_t)) {
    FILE *file = fopen(path, "rb");
    if (!file) fail("cannot open the NIKs");
    fseek(file, 0, SEEK_END);
    size_t count = (size_t)ftell(file) / 8;
    rewind(file);
    uint64_t *niks = malloc(count * 8), *times = malloc(count * 8), sum = 0, found = 0;
    if (!niks || !times || count == 0 || fread(niks, 8, count, file) != count) fail("cannot read the NIKs");
    for (int round = 0; round < 2; round++) {
        sum = found = 0;
        for (size_t n = 0; n < count; n++) {
            uint64_t began = now_ns();
            found += (uint64_t)look_up(niks[n]);
            sum += times[n] = now_ns() - began;
        }
    }
    qsort(times, count, 8, by_size);
    printf("%llu %llu %llu %zu %llu\n", (unsigned long long)times[count / 2], (unsigned long long)times[count * 99 / 100],
           (unsigned long long)sum, count, (unsigned long long)found);
}
