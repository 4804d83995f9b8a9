/*
 * Random bytes from the kernel, some at a time; a test links others in place
 * of this file. Bytes handed out are wiped from the store.
 */
#include "base/random.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define STORE_SIZE 512

static _Thread_local struct {
	unsigned char bytes[STORE_SIZE];
	size_t left; /* the unused ones are the first */
} store;

/* Without randomness there are no keys and no nonces: nothing can go on. */
static void draw(void *at, size_t size)
{
	char *to = at;

	while (size) {
		ssize_t got = getrandom(to, size, 0);

		if (got < 0 && errno != EINTR) {
			perror("ringpost: getrandom");
			abort();
		}
		if (got > 0) {
			to += got;
			size -= (size_t)got;
		}
	}
}

void random_fill(void *at, size_t size)
{
	if (size > STORE_SIZE / 4) {
		draw(at, size);
		return;
	}
	if (size == 0)
		return;
	if (store.left < size) {
		draw(store.bytes, STORE_SIZE);
		store.left = STORE_SIZE;
	}
	store.left -= size;
	memcpy(at, store.bytes + store.left, size);
	explicit_bzero(store.bytes + store.left, size);
}
