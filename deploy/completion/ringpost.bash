# What may come next after `ringpost`, for bash: the program itself says it.
# Installed as share/bash-completion/completions/ringpost; or: source this file.

_ringpost() {
	local cur prev words cword word what
	if declare -F _init_completion >/dev/null; then
		_init_completion -n : || return
	else
		words=("${COMP_WORDS[@]}") cword=$COMP_CWORD cur=${COMP_WORDS[COMP_CWORD]}
	fi
	COMPREPLY=()
	while IFS=$'\t' read -r word what; do
		if [[ $word == :files ]]; then
			compopt -o filenames
			mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$cur")
		else
			COMPREPLY+=("$word")
		fi
	done < <("${words[0]}" complete "${words[@]:1:cword}" 2>/dev/null)
}
complete -F _ringpost ringpost
