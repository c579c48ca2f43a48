/* Rust's standard library takes random bytes from ProcessPrng of bcryptprimitives.dll, which wine 8 lacks: this is
 * that DLL, by the older function that wine has. */
#include <windows.h>

BOOLEAN WINAPI SystemFunction036(PVOID buffer, ULONG length);

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE buffer, SIZE_T length)
{
	return SystemFunction036(buffer, (ULONG)length);
}
