# git: history, merges, packs, clones; object names are the same everywhere.
. /tests/section.sh
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b GIT_CONFIG_NOSYSTEM=1
export GIT_AUTHOR_DATE='1700000000 +0000' GIT_COMMITTER_DATE='1700000000 +0000'
section git 'git init -q -b main r && cd r && seq 1000 >f && git add f && git commit -q -m one && sed -i 5d f && git commit -qam two && git log --oneline --stat && git diff HEAD~1 && git checkout -q -b side && echo x >g && git add g && git commit -q -m three && git checkout -q main && git merge -q --no-ff side -m merge && git log --graph --oneline && git clone -q . ../c && git -C ../c fsck && git gc -q && git count-objects -v | grep in-pack && git blame -s f | sed -n 4,6p && git bundle create -q ../b main && git bundle verify -q ../b && git archive main | sha1sum && git rev-parse HEAD'
