# tab.zsh SCRIPT LINE: types LINE and TAB into an interactive zsh with the completion SCRIPT and prints what the line became.
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "PS1= ; PS2= ; autoload -Uz compinit; compinit -u -D; source $1; stty -echo"
zpty -w shell "finish() { print -r -- \"<<\${BUFFER%% }>>\"; BUFFER=; zle accept-line }; zle -N finish; bindkey '^X' finish; print ready-\$((1+1))"
zpty -r -m shell out '*ready-2*'
zpty -n -w shell "$2"$'\t\x18'
zpty -r -m shell out '*<<*>>*'
print -r -- "${${out##*<<}%%>>*}"
zpty -d shell
