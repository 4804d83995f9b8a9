/* A list of words or texts, as the configuration holds it. */
#ifndef RINGPOST_BASE_CONFIG_TEXTS_H
#define RINGPOST_BASE_CONFIG_TEXTS_H

#include <stddef.h>

struct config_texts {
	char **at;
	size_t count;
};

#endif
