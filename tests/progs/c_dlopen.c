/* Dynamic linking at run time: dlopen of a system library and of the program itself, dlsym, lazy
 * binding, symbol lookup by address, and unloading. */
/* compile: -rdynamic */
/* only: dynamic fixed */
#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
#include <string.h>

int visible = 17;

int exported(int x);
int exported(int x) {
    return x * visible;
}

static int count_objects(struct dl_phdr_info *info, size_t size, void *data) {
    (void)size;
    *(int *)data += info->dlpi_phnum > 0;
    return 0;
}

int main(void) {
    void *math = dlopen("libm.so.6", RTLD_LAZY);
    double (*cosine)(double) = (double (*)(double))dlsym(math, "cos");
    printf("%.6f\n", cosine(1.0));
    void *self = dlopen(NULL, RTLD_NOW);
    int (*function)(int) = (int (*)(int))dlsym(self, "exported");
    *(int *)dlsym(self, "visible") = 3;
    printf("%d\n", function(5));
    Dl_info info;
    int named = dladdr((void *)exported, &info) != 0;
    printf("%d %s\n", named, info.dli_sname);
    void *none = dlopen("libdoes-not-exist.so", RTLD_NOW);
    printf("%d\n", none == NULL && strstr(dlerror(), "cannot open") != NULL);
    int objects = 0;
    dl_iterate_phdr(count_objects, &objects);
    printf("%d\n", objects >= 3);
    printf("%d\n", dlclose(math));
    void *resolver = dlopen("libgcc_s.so.1", RTLD_NOW);
    printf("%d %d\n", resolver != NULL, resolver && dlsym(resolver, "_Unwind_Backtrace") != NULL);
    return 0;
}
